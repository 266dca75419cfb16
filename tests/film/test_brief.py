"""Briefs of films: what is a shot, what holds for all of it, what is said, sung and heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ima_tui.film import timeline
from ima_tui.film.brief import read
from ima_tui.film.brief_facts import Brief
from ima_tui.intent.route import by_rules

OFFERS = {5: 25, 10: 50, 15: 75}


def is_model(clause: str) -> bool:
    return bool(by_rules(f"{clause} video").model_id)


def brief(text: str) -> Brief:
    found = read(text, is_model)
    assert found is not None
    return found


def shots(text: str) -> list[str]:
    return [shot.text for shot in brief(text).shots]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "Three shots: a lighthouse at dawn; waves on rocks; a gull landing. 20 s",
            ["a lighthouse at dawn", "waves on rocks", "a gull landing"],
        ),
        (
            "1. A robot wakes up (4s) 2. It waters a plant (8s) 3. It looks at the rain (5s).",
            ["A robot wakes up", "It waters a plant", "It looks at the rain"],
        ),
        (
            'SCENE 1 – a kettle boils. SCENE 2 – steam in moonlight. Narration: "It never sleeps."',
            ["a kettle boils", "steam in moonlight"],
        ),
        (
            "First a potter wedges clay, then the bowl rises, finally it is glazed. 15s, vertical",
            ["a potter wedges clay", "the bowl rises", "it is glazed"],
        ),
        (
            "four shots of the bag on a beach, in a cafe, on a train, at night; 5 s each; jazz",
            ["the bag on a beach", "the bag in a cafe", "the bag on a train", "the bag at night"],
        ),
        ("三个镜头：茶山日出；采茶的手；一杯热茶。总共15秒", ["茶山日出", "采茶的手", "一杯热茶"]),
        ("镜头一：雨夜便利店，5秒；镜头二：女孩进来，10秒。竖屏", ["雨夜便利店", "女孩进来"]),
        ("分镜：1、陶罐出窑 2、匠人吹灰 3、釉色。每个镜头5秒", ["陶罐出窑", "匠人吹灰", "釉色"]),
        (
            "先是种子落地，然后发芽，最后开成向日葵，12秒，轻快的音乐",
            ["种子落地", "发芽", "开成向日葵"],
        ),
        (
            "用可灵2.6做四格：机器人在厨房、花园，各5秒，同一个角色",
            ["机器人在厨房", "机器人在花园"],
        ),
        (
            "Storyboard:\n1) The diver ties her hair\n2) She jumps\n3) It rains\nMusic: lo-fi",
            ["The diver ties her hair", "She jumps", "It rains"],
        ),
    ],
)
def test_shots_are_told_apart(text: str, told: list[str]) -> None:
    assert shots(text) == told


def test_lengths_are_a_shots_own_or_all_of_it() -> None:
    own = brief("镜头一：雨夜便利店，5秒；镜头二：女孩进来，10秒；镜头三：她接过牛奶，5秒。竖屏")
    assert [shot.seconds for shot in own.shots] == [5, 10, 5]
    assert (own.shape, own.subject) == ("9:16", "女孩")
    assert brief("Three shots: a; b; c. 20 seconds").seconds == 20
    assert brief("三个镜头：山；海；云。半分钟").seconds == 30
    each = brief("three clips: a hill; a river; a lake; 5 seconds each")
    assert (each.each, each.seconds) == (5, 0)


def test_words_said_and_sung_are_no_shots() -> None:
    film = brief(
        "A 30 second product video of a sneaker from three shots, upbeat music, "
        "a voice-over saying 'First run, then don't stop'"
    )
    assert (film.voice, film.music) == ("First run, then don't stop", "upbeat music")
    assert (film.count, film.subject, film.listed) == (3, "a sneaker", False)
    sung = brief("做一首歌的MV，歌词：“月光洒在河面上，然后流走”，女声，国风，20秒")
    assert (sung.lyrics, sung.gender) == ("月光洒在河面上，然后流走", "f")
    assert (sung.style, sung.shots) == ("国风", ())
    titled = brief("Two shots: a vase; a hand. 10s. Title 'Scene 1: Clay'")
    assert titled.title == "Scene 1: Clay"


def test_what_holds_for_all_of_it() -> None:
    film = brief("给这款音箱（speaker.jpg）做30秒宣传片，男声旁白：“声动生活”，加字幕，淡入淡出")
    assert (film.subject, film.images, film.subtitles) == ("音箱", ("speaker.jpg",), True)
    assert (film.gender, film.fade, film.seconds) == ("m", True, 30)
    quiet = brief("Two shots: a vase; a hand. No music, black and white, square video")
    assert (quiet.no_music, quiet.music, quiet.style, quiet.shape) == (
        True,
        "",
        "black and white",
        "1:1",
    )
    named = brief("Three shots: a fox; an owl; a hare. Kling 2.6")
    assert (named.model, len(named.shots)) == ("Kling 2.6", 3)


def test_one_shot_with_a_voice_is_a_film_too() -> None:
    film = brief("video of a bakery with voiceover 'baked before dawn' and soft guitar music")
    assert (film.subject, film.voice, film.music, film.count) == (
        "a bakery",
        "baked before dawn",
        "soft guitar music",
        0,
    )
    tea = brief("做一段茶园的视频，加上旁白“一叶一世界”和古筝")
    assert (tea.subject, tea.voice, tea.music) == ("茶园", "一叶一世界", "古筝")
    ants = brief("短视频带解说：蚂蚁的一天，旁白“它们从不迟到”，再来点轻快音乐")
    assert (ants.subject, ants.music) == ("蚂蚁的一天", "轻快音乐")


def test_from_one_picture_to_another() -> None:
    film = brief("From seed.png to tree.png in 8 seconds, then the tree in autumn, ambient music")
    first, second = film.shots
    assert (first.first, first.last, first.seconds) == ("seed.png", "tree.png", 8)
    assert (second.text, film.music) == ("the tree in autumn", "ambient music")
    chinese = brief("从春.png过渡到秋.png，再拍落叶特写，配乐舒缓，不要人声")
    assert (chinese.shots[0].first, chinese.shots[0].last) == ("春.png", "秋.png")
    assert (chinese.shots[1].text, chinese.music) == ("落叶特写", "舒缓")


@pytest.mark.parametrize(
    "text",
    [
        "10s clip of a paper boat, no music",
        "make a short film about a fox: poster, then animate it, with music",
        "Draw a dragon, then animate it, and add a soundtrack",
        "三只猫在睡觉",
        "a picture of three shots of espresso",
        "What is a storyboard?",
        "generate 3 clips of ocean waves",
        "三段短视频，都是下雪的街道",
        "写首歌，再做个MV",
        "The camera circles her slowly, then rises to the skylight. Film this, 8 seconds.",
        "先是雪山的融水，再是峡谷，最后入海，一镜到底，二十秒",
        "我们想要一段循环播放的视频：清晨的岩壁，一只手扣进岩缝，绳子在风里轻轻摆",
        "Design a mascot first, then animate it, finally write it a theme song",
        "",
    ],
)
def test_other_wishes_are_no_films(text: str) -> None:
    assert read(text, is_model) is None


PAGE = """A film about a lighthouse keeper for our museum, 16:9, in watercolour style.

Shot 1: The keeper climbs the spiral stairs with a lantern, 5 seconds
Shot 2: He winds the clockwork of the great lamp, 10 seconds
Shot 3: The beam crosses a stormy sea, 5 seconds
Shot 4: At dawn he writes one line into his book, 5 seconds

Music: a slow cello, lonely but warm
Narrator: "Every night for forty years. And every ship came home."
Subtitles, crossfades. Title "The Keeper"
"""


def test_a_page_is_read_as_a_line_is() -> None:
    film = brief(PAGE)
    assert [shot.seconds for shot in film.shots] == [5, 10, 5, 5]
    assert film.shots[1].text == "He winds the clockwork of the great lamp"
    assert film.subject == "a lighthouse keeper"
    assert (film.title, film.fade, film.subtitles) == ("The Keeper", True, True)
    assert film.voice.startswith("Every night")
    assert film.music == "a slow cello, lonely but warm"


@pytest.mark.parametrize(
    ("wanted", "count", "offers", "found"),
    [
        (30, 3, OFFERS, [10, 10, 10]),
        (20, 3, OFFERS, [10, 5, 5]),
        (12, 3, OFFERS, [5, 5, 5]),
        (60, 8, OFFERS, [10, 10, 10, 10, 5, 5, 5, 5]),
        (12, 3, {4: 20, 8: 40, 12: 60}, [4, 4, 4]),
        (30, 3, {5: 40, 10: 60}, [10, 10, 10]),
    ],
)
def test_a_length_is_split_by_least_points(
    wanted: float, count: int, offers: dict[int, int], found: list[int]
) -> None:
    parts = timeline.total(wanted, count, offers, [1] * count)
    assert parts is not None
    assert [part.seconds for part in parts] == found
    assert sum(part.used for part in parts) == pytest.approx(wanted, abs=0.01)


def test_the_longest_goes_to_the_shot_with_most_words() -> None:
    parts = timeline.total(20, 3, OFFERS, [3, 9, 4])
    assert parts is not None
    assert [part.seconds for part in parts] == [5, 10, 5]
    assert timeline.total(100, 3, OFFERS, [1] * 3) is None
    assert timeline.one(8, OFFERS) == timeline.Part(10, 8)
    assert timeline.one(16, OFFERS) is None


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    read(text)


@given(st.integers(2, 6), st.integers(1, 120))
def test_a_split_is_long_enough_and_never_dearer_than_the_longest(count: int, wanted: int) -> None:
    parts = timeline.total(wanted, count, OFFERS, [1] * count)
    if parts is None:
        assert wanted > 15 * count
        return
    assert sum(part.seconds for part in parts) >= wanted
    assert all(0 < part.used <= part.seconds for part in parts)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("一个30秒的跑鞋宣传片，三个镜头，配欢快的音乐，旁白说“自由奔跑”", "跑鞋"),
        ("30秒咖啡广告，3个镜头", "咖啡"),
        ("帮我做一支15秒的新款手机产品视频，四个镜头", "新款手机"),
        ("我想要一部20秒的海边日落影片，四个镜头", "海边日落"),
        ("请生成火锅店的宣传片，五个镜头", "火锅店"),
        ("a 15 second coffee ad, three shots, jazz", "coffee"),
        ("make a short product video, three shots", ""),
        ("做个产品宣传片，三个镜头", ""),
        ("三个镜头的宣传片", ""),
    ],
)
def test_what_stands_right_before_the_film_is_its_subject(text: str, subject: str) -> None:
    film = read(text)
    assert film is not None
    assert film.subject == subject


@pytest.mark.parametrize(
    ("text", "shown", "count"),
    [
        ("给我拍一段10秒的猫咪短视频，两个镜头", "猫咪", 2),
        ("帮我拍一段8秒的雪山视频，两个镜头，交叉淡入淡出", "雪山", 2),
        ("竖屏短视频，三个镜头讲一个流浪猫被收养的故事", "流浪猫被收养", 3),
        ("做个抖音视频，3个镜头，做蛋糕的过程", "做蛋糕的过程", 3),
        ("给我做个视频，猫和狗打架，分两个镜头", "猫和狗打架", 2),
        ("短视频：清晨的菜市场，四个分镜", "清晨的菜市场", 4),
        ("拍城市夜景，三个镜头，每个4秒，电子音乐", "城市夜景", 3),
        ("一分钟的宣传片，介绍我们的农场", "我们的农场", 0),
        ("做个儿童故事短片，小兔子找妈妈，4个镜头", "小兔子找妈妈", 4),
        ("two shots of a cat playing with yarn, 10 seconds", "a cat playing with yarn", 2),
        ("a short film about my dog on a run, with happy music", "my dog on a run", 0),
        ("a music video with a cat dancing in rain", "a cat dancing in rain", 0),
        ("a 1 minute documentary about bees", "bees", 0),
        ("three shots of a clown in a city, 12 seconds", "a clown in a city", 3),
        ("a video story of a kite that flies away, 4 scenes", "a kite that flies away", 4),
        ("黑白默片，三个镜头，小丑走在城市里", "小丑走在城市里", 3),
        ("做一个关于茶的纪录片，四个镜头", "茶", 4),
        ("拍一个情侣逛夜市的vlog，3个镜头，15秒", "情侣逛夜市", 3),
        ("企鹅纪录片，四个镜头", "企鹅", 4),
    ],
)  # fmt: skip
def test_short_briefs_tell_what_is_shown_and_in_how_many_shots(
    text: str, shown: str, count: int
) -> None:
    film = brief(text)
    assert (film.subject, film.count) == (shown, count)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "wide shot of a desert, close-up of a scorpion, drone shot of dunes; 12 seconds",
            ["wide shot of a desert", "close-up of a scorpion", "drone shot of dunes"],
        ),
        ("15 second promo of a bakery: dough, oven, fresh bread", ["dough", "oven", "fresh bread"]),
        ("产品视频：耳机特写，佩戴，户外使用。共15秒", ["耳机特写", "佩戴", "户外使用"]),
        ("先拍日出，然后拍海浪，最后拍渔船归来，12秒", ["日出", "海浪", "渔船归来"]),
        (
            "opening shot of a ship, then close up of the pilot, then landing on mars; 15s",
            ["opening shot of a ship", "close up of the pilot", "landing on mars"],
        ),
        (
            "Car commercial. Shot 1: headlights. Shot 2: car drifts. Shot 3: logo. 12 seconds",
            ["headlights", "car drifts", "logo"],
        ),
        ("帮我剪一个短广告：手摘苹果、倒果汁、孩子喝下，12秒", ["手摘苹果", "倒果汁", "孩子喝下"]),
    ],
)  # fmt: skip
def test_shots_that_no_count_announces(text: str, told: list[str]) -> None:
    film = brief(text)
    assert [shot.text for shot in film.shots] == told
    assert film.seconds in (12, 15)


@pytest.mark.parametrize(
    "text", ["make a film from a.png, b.png and c.png", "a.png、b.png、c.png做成短片"]
)
def test_each_picture_begins_a_shot(text: str) -> None:
    assert [shot.first for shot in brief(text).shots] == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("text", ["来个恐怖短片，三个镜头，不要音乐", "a horror short, 3 shots"])
def test_a_genre_is_not_what_is_shown(text: str) -> None:
    assert brief(text).subject == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "make a video of my cat in the kitchen, in the garden and on the roof, 5 seconds each",
            ["my cat in the kitchen", "my cat in the garden", "my cat on the roof"],
        ),
        (
            "我的猫在厨房、花园、屋顶的视频，每个5秒",
            ["我的猫在厨房", "我的猫在花园", "我的猫在屋顶"],
        ),
    ],
)
def test_places_with_a_length_each_are_shots(text: str, told: list[str]) -> None:
    film = brief(text)
    assert [shot.text for shot in film.shots] == told
    assert film.each == 5


@pytest.mark.parametrize(
    ("text", "style", "music"),
    [
        (
            "a teaser for a jazz festival, four shots, smoky mood, sax music",
            "smoky mood",
            "sax music",
        ),
        ("拍一支香水广告，四个镜头，要高级感，古琴", "高级感", "古琴"),
        ("做一段年会开场视频，两个镜头，大气，摇滚乐", "大气", "摇滚乐"),
    ],
)
def test_a_mood_is_carried_along_and_instruments_are_music(
    text: str, style: str, music: str
) -> None:
    film = brief(text)
    assert (film.style, film.music) == (style, music)


def test_a_phone_with_three_lenses_is_a_picture() -> None:
    assert read("画一个有三个镜头的手机", is_model) is None
