"""The parts by themselves: folding with the way back, spelling, names, numbers, content."""

from __future__ import annotations

import pytest

from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent import numerals
from ima_tui.intent.commands import without
from ima_tui.intent.content import hide
from ima_tui.intent.intent import Intent, Parameter
from ima_tui.intent.kinds import IntentQuestion, PreferenceAction, RequestKind
from ima_tui.intent.lengths import lengths
from ima_tui.intent.normalise import (
    HEAD,
    TAIL,
    fold,
    normalise,
)
from ima_tui.intent.route import route
from ima_tui.intent.tokens import distance


def words(text: str, intent: Intent, part: str) -> list[str]:
    return [text[slice(*span)] for span in intent.spans(part)]


def test_folding_forgets_case_width_accents_and_traditional_forms() -> None:
    assert fold("ＡＢＣ１：１ Vidéo 畫一張圖") == "abc1:1 video 画一张图"


@pytest.mark.parametrize("text", ["a ½ b", "㎞ x", "e\u0301t", "ﬁne ß"])
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    plain = normalise(text)
    for place in range(len(plain.text)):
        start, end = plain.span(place, place + 1)
        assert 0 <= start < end <= len(text)


def test_of_a_long_text_both_ends_are_read() -> None:
    middle = "lorem ipsum " * 1000
    assert route(f"Draw a fox. {middle}").medium is Medium.IMAGE
    text = f"{middle}. Make it a 10 second video"
    assert len(middle) > HEAD + TAIL
    assert words(text, route(text), "media") == ["video"]


def test_quotations_and_files_are_hidden_in_place() -> None:
    text = "画“音乐”，用 ./a.png 和 https://x.org/b.mp4"
    content = hide(normalise(text))
    assert len(content.text) == len(text)
    assert "音乐" not in content.text
    assert [source.kind.value for source in content.sources] == ["picture", "media"]


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("animate photos/2024/cat.png", ("photos/2024/cat.png",)),
        ('animate "/tmp/my photos/a cat.png"', ("/tmp/my photos/a cat.png",)),
        ("animate '~/a cat.png' softly", ("~/a cat.png",)),
        (r"animate /tmp/my\ photos/cat.png", (r"/tmp/my\ photos/cat.png",)),
        ("参考/home/a.png画一张图", ("/home/a.png",)),
        ("a picture of a fox, save it as fox.png", ()),
        ("a video of a fox, saved under out/fox.mp4", ()),
        ("画一只猫，保存为 cat.png", ()),
        ("a video of the saved cat.png", ("cat.png",)),
        ("read aloud notes.txt", ()),
    ],
)
def test_a_path_is_an_input_whole_unless_the_result_goes_there(
    text: str, inputs: tuple[str, ...]
) -> None:
    assert route(text).inputs == inputs


@pytest.mark.parametrize(
    ("text", "attached"),
    [
        ("make a video from ~/clip.mp4", ()),
        ("make a video from this", ("clip.mov",)),
        ("用 https://x.org/song.mp3 配一段舞蹈视频", ()),
        ("a.png 和 ./s.wav 做一个视频", ()),
    ],
)
def test_a_video_or_a_sound_is_a_reference_of_a_video(text: str, attached: tuple[str, ...]) -> None:
    read = route(text, attached)
    assert read.task_type is TaskType.REFERENCE_TO_VIDEO
    assert read.roles.reference == tuple(range(len(read.inputs)))
    assert read.inputs


def test_videos_and_sounds_in_a_request_for_several_things_are_references() -> None:
    read = route("animate ~/clip.mp4 and compose calm music")
    assert read.steps[0].task_type is TaskType.REFERENCE_TO_VIDEO


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("十五", 15), ("两", 2), ("二十", 20), ("一百零五", 105), ("一点五", 1.5),
     ("twelve", 12), ("twenty five", 25), ("forty-five", 45), ("猫", None), ("", None)],
)  # fmt: skip
def test_numbers(text: str, value: float | None) -> None:
    assert numerals.number(text) == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("十秒钟", 10), ("半分钟", 30), ("1分30秒", 90), ("a minute long", 60),
     ("one minute", 60), ("一分半", 90), ("3秒后", None), ("after 5 seconds", None),
     ("ten-second clip", 10), ("2026", None)],
)  # fmt: skip
def test_lengths(text: str, seconds: float | None) -> None:
    found = next(lengths(text), None)
    assert (found.seconds if found else None) == seconds


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("t-shirt graphic with a pigeon, three goes at it", 3),
        ("scrapbook page with ferns, cream paper, 3 layouts", 3),
        ("logo for a bakery, give me three looks", 3),
        ("repaint the wall, 3 shades to compare, as a picture", 3),
        ("圍棋社的海報兩版，一版正經一版惡搞", 2),
        ("画一个女孩，给我三种发型", 3),
        ("游戏图标，一把剑，三个方向", 3),
        ("a picture of a nursery in two shades, ducks on the wall", None),
        ("photo of a lipstick, three shades, on marble", None),
        ("给俩孩子画张画", None),
        ("房间设计图，三种风格", None),
        ("a book cover, third version", None),
        ("第三版的封面图，红色", None),
    ],
)
def test_versions_count_and_what_one_picture_shows_does_not(text: str, count: int | None) -> None:
    told = {param.name: param.value for param in route(text).requirements}
    assert told.get("n") == count


@pytest.mark.parametrize(
    ("text", "count", "sent"),
    [
        ("六十四张猫的图片", 64, "猫的图片"),
        ("一百零四张猫的图片", 104, "猫的图片"),
        ("十二张猫的图片", 12, "猫的图片"),
        ("海报十二版", 12, "海报十二版"),
        ("来三四张猫的图", 4, "来猫的图"),
        ("a hundred and four images of a cat", 104, "images of a cat"),
        ("four hundred images of cats", 400, "images of cats"),
        ("two dozen pictures of cats", 24, "pictures of cats"),
        ("twenty-one posters of foxes", 21, "posters of foxes"),
        ("1,004 images of a cat", 1004, "images of a cat"),
        ("1 000 images of a cat", 1000, "images of a cat"),
        ("99999 images of a cat", 99_999, "images of a cat"),
        ("a picture of a fox and 1 000 stars", None, "a picture of a fox and 1 000 stars"),
        ("a picture of twenty-four cats", None, "a picture of twenty-four cats"),
        ("二十四节气的插画", None, "二十四节气的插画"),
        ("网站404页面的插图", None, "网站404页面的插图"),
        ("尾牙抽奖券的图，要印一百张", None, "尾牙抽奖券的图，要印一百张"),
    ],
)
def test_a_number_of_several_words_is_one_number(text: str, count: int | None, sent: str) -> None:
    intent = route(text)
    assert {p.name: p.value for p in intent.requirements}.get("n") == count
    assert without(text, intent.commands) == sent


@pytest.mark.parametrize("mark", ["* ", "# ", "## ", "> ", "- ", "• "])
@pytest.mark.parametrize("text", ["draw a fox", "画一只狐狸"])
def test_a_line_of_markdown_is_read_like_its_words(mark: str, text: str) -> None:
    assert route(mark + text).task_type is TaskType.TEXT_TO_IMAGE


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("wallpapers for my phone, night-blooming cactus", "9:16"),
        ("mehendi pattern for the back of a hand, portrait", "9:16"),
        ("a picture of a fisherman's face, portrait", None),
        ("头像要方的，戴防毒面具的兔子", "1:1"),
        ("寬螢幕影片，潛水艇浮出水面", "16:9"),
    ],
)
def test_shapes_are_told_by_purpose_and_by_a_word_of_their_own(
    text: str, shape: str | None
) -> None:
    told = {param.name: param.value for param in route(text).requirements}
    assert told.get("aspect_ratio") == shape


def test_slips_are_counted_with_neighbours_swapped() -> None:
    assert distance("vidoe", "video") == 1
    assert distance("midjorney", "midjourney") == 1
    assert distance("cat", "dog") == 3


@pytest.mark.parametrize(
    ("text", "model_id"),
    [("用可灵O1做个视频", "kling-video-o1"), ("kling2.6 video", "kling-v2-6"),
     ("Hailuo02 video", "MiniMax-Hailuo-02"), ("video, hailou 2.3", "MiniMax-Hailuo-2.3"),
     ("seedance 2.0 fast video", "ima-pro-fast"), ("use wan2.6-t2v for a video", "wan2.6-t2v"),
     ("a photo of a wan smile", ""), ("画一万只鸟", ""), ("Use Suno for a song", "sonic"),
     ("not Kling, use Vidu Q2, video of a fox", "viduq2"), ("一串香蕉的照片", "")],
)  # fmt: skip
def test_names_lead_to_ids(text: str, model_id: str) -> None:
    assert route(text).model_id == model_id


def test_a_name_leads_to_another_id_with_a_picture() -> None:
    assert route("animate this with Wan", ["./a.png"]).model_id == "wan2.6-i2v"
    assert route("a video of rain with Wan 2.6").model_id == "wan2.6-t2v"


def test_a_brand_without_a_version_offers_its_others() -> None:
    intent = route("video of a fox with Kling")
    assert "kling-v2-6" in [each.value for each in intent.alternatives if each.part == "model"]


def test_names_that_nobody_offers_are_said() -> None:
    assert route("use DALL-E for a picture of a fox").absent == ("DALL-E",)
    assert route("可灵9.5视频").absent == ("可灵9.5",)


def test_evidence_is_the_words_as_typed() -> None:
    text = "用 Ｋｌｉｎｇ Ｏ１ 做１０秒的視頻"
    intent = route(text)
    assert words(text, intent, "model") == ["Ｋｌｉｎｇ Ｏ１"]
    assert words(text, intent, "params.duration") == ["１０秒"]
    assert words(text, intent, "media") == ["視頻"]


def test_what_is_spoken_is_told_apart() -> None:
    text = "用女声朗读：“今天，天气真好。”"
    intent = route(text)
    assert intent.spoken is not None
    assert text[slice(*intent.spoken)] == "今天，天气真好。"
    text = 'Say "hello there" in a male voice'
    spoken = route(text).spoken
    assert spoken is not None
    assert text[slice(*spoken)] == "hello there"


def test_only_a_wish_about_models_makes_nothing() -> None:
    intent = route("以后都用Midjourney")
    assert intent.kind is RequestKind.PREFERENCE
    assert intent.preference is not None
    assert intent.preference.action is PreferenceAction.SAVE


def test_questions() -> None:
    assert route("").question is IntentQuestion.MEDIA_TYPE
    assert route("make a video", ["./a.png", "./b.png"]).question is IntentQuestion.IMAGE_ROLES
    assert route("animate my photo").question is IntentQuestion.MISSING_INPUT


def test_limits_say_what_is_possible() -> None:
    limit = route("a 7:3 image of a fox").limits[0]
    assert limit.code == "aspect_ratio_custom"
    assert "21:9" in limit.possible
    assert route("Midjourney picture, 16:9").limits[0].models


def test_steps_know_what_they_are_made_of() -> None:
    intent = route("Draw a fox with Midjourney, animate it with Kling 2.6, add a Suno song")
    assert [step.task_type for step in intent.steps] == [
        TaskType.TEXT_TO_IMAGE,
        TaskType.IMAGE_TO_VIDEO,
        TaskType.TEXT_TO_MUSIC,
    ]
    assert [step.uses for step in intent.steps] == [None, 0, None]
    assert [step.model_id for step in intent.steps] == ["midjourney", "kling-v2-6", "sonic"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("draw three posters of a fox", 3),
        ("paint two portraits of a cat", 2),
        ("draw three foxes", None),
        ("paint a wall with three photos", None),
    ],
)
def test_what_is_drawn_is_counted_where_it_is_pictures(text: str, count: int | None) -> None:
    counts = [param.value for param in route(text).params if param.name == "n"]
    assert counts == ([count] if count else [])


def test_the_best_one_is_a_picture_where_something_is_done_to_it() -> None:
    assert route("draw two foxes and animate the best one").preference is None
    clears = route("draw two foxes, use the best one").preference
    assert clears is not None
    assert clears.action is PreferenceAction.CLEAR


def test_always_use_it_means_the_model_that_was_named() -> None:
    wish = route("a video of a puppy with Kling O1, 16:9, always use it").preference
    assert wish is not None
    assert (wish.action, wish.model_id) == (PreferenceAction.SAVE, "kling-video-o1")
    assert route("a painting of a dog named Max, always remember it").preference is None


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("给这句话配个温柔的女声：“晚安，明天见”", "晚安，明天见"),
        ("a calm female voice: Welcome aboard", "Welcome aboard"),
    ],
)
def test_a_voice_before_words_speaks_them(text: str, spoken: str) -> None:
    intent = route(text)
    assert intent.task_type is TaskType.TEXT_TO_SPEECH
    assert intent.spoken is not None
    assert text[slice(*intent.spoken)] == spoken
    assert [(p.name, p.value) for p in intent.params] == [("voice", "female")]


@pytest.mark.parametrize("text", ["来首歌，女声：抒情", "a song with a female voice: la la la"])
def test_the_voice_of_a_song_sings(text: str) -> None:
    assert route(text).task_type is TaskType.TEXT_TO_MUSIC


@pytest.mark.parametrize(
    "text",
    [
        "把第一张图作为首帧，第二张作为尾帧，平滑过渡",
        "image 1 as the first frame, image 2 as the last frame, smooth transition",
        "去掉背景",
        "remove the person on the left",
        "crop it to 1:1",
    ],
)
def test_what_can_only_be_done_to_a_picture_asks_for_one(text: str) -> None:
    assert route(text).question is IntentQuestion.MISSING_INPUT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("강아지가 달리는 4초 영상", 4),
        ("10초짜리 고양이 동영상", 10),
        ("犬が走る4秒の動画", 4),
        ("10秒間の猫の動画", 10),
        ("做一個４秒的影片，貓在跑", 4),
        ("видео на 5 секунд, кот бежит", 5),
        ("une vidéo de 6 secondes d'un chat", 6),
        ("ein Video von 5 Sekunden, ein Hund läuft", 5),
        ("un video de 8 segundos de un gato", 8),
        ("فيديو مدته ٥ ثوان", 5),
        ("बिल्ली का ५ सेकंड का वीडियो", 5),
        ("วิดีโอแมว ๕ วินาที", 5),
        ("4 second video of a cat", 4),
        ("2분 영상", 120),
    ],
)
def test_a_number_with_a_unit_of_time_is_a_length_and_no_count(text: str, seconds: int) -> None:
    intent = route(text)
    assert intent.param("n") is None
    assert Parameter("duration", seconds) in intent.requirements


@pytest.mark.parametrize(
    "text",
    [
        "3 hour timelapse videos of a city",
        "4일 동영상",
        "24小时视频",
        "видео за 3 дня",
        "2 day video",
    ],
)
def test_hours_and_days_count_nothing(text: str) -> None:
    assert route(text).param("n") is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("a 4-hour video", 14400),
        ("24小时视频", 86400),
        ("a one-hour song", 3600),
        ("make a 2 hour ambient track", 7200),
        ("半小时的冥想音乐", 1800),
        ("a video of a 3 hour hike", None),
        ("一段关于24小时便利店的视频", None),
    ],
)
def test_hours_are_a_length_right_before_what_is_that_long(text: str, seconds: int | None) -> None:
    found = {param.name: param.value for param in route(text).requirements}
    assert found.get("duration") == seconds


def test_beside_a_length_a_count_still_counts() -> None:
    for text in ("three 5-second videos of a fox", "三个5秒的视频，狐狸", "做3个5秒的视频"):
        assert route(text).param("n") == 3, text


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("a poster of a fox, then animate it, with calm music", "image video music"),
        ("a poster of a fox, then animate it, with upbeat background music", "image video music"),
        ("a poster of a fox. Animate it. Soft ambient music.", "image video music"),
        ("a video of a whale with slow, melancholic piano music", "video music"),
        ("a video of a dragon, with dark brooding cinematic soundtrack", "video music"),
        ("a poster and a short video of a fox, plus a cheerful jingle", "image video music"),
        ('a poster, then animate it, with a warm female voice-over saying "hi"',
         "image video speech"),
        ("A poster of a fox; a looping clip of that fox; some mellow tunes", "image video music"),
        ("一个产品海报，一段短视频，和一段激昂的音乐", "image video music"),
        ("视频：海边日落，音乐要舒缓", "video music"),
        ("狐狸视频加上神秘的配乐", "video music"),
        ('狐狸的视频，要有温柔的女声旁白："晚安"', "video speech"),
    ],
)  # fmt: skip
def test_every_medium_that_is_asked_for_is_a_step(text: str, media: str) -> None:
    assert [step.task_type.medium.value for step in route(text).steps] == media.split()


@pytest.mark.parametrize(
    "text",
    [
        "a video of a fox listening to calm music",
        "a video of a violinist playing sad music",
        "a poster for a calm music festival",
        "a picture of a cat with headphones, music notes around it",
        "做个视频，小猫听着舒缓的音乐",
        "画一个正在听音乐的女孩",
        "a video of a fox, no music",
    ],
)
def test_music_that_is_only_seen_is_no_step(text: str) -> None:
    assert route(text).kind is RequestKind.SINGLE


FILL_EN = "The harbour lies in grey light and gulls cross the water. " * 40
FILL_ZH = "港口很安静，海鸥飞过水面。" * 100


def test_a_request_in_the_middle_of_a_long_text_is_read() -> None:
    asks = "Please make a 10 second video of the lighthouse, 9:16. "
    found = route(f"A story from my childhood. {FILL_EN}{asks}{FILL_EN}")
    assert found.task_type is TaskType.TEXT_TO_VIDEO
    assert (found.param("duration"), found.param("aspect_ratio")) == (10, "9:16")
    text = f"小时候的故事。{FILL_ZH}请做成一张竖版海报。{FILL_ZH}"
    found = route(text)
    assert found.task_type is TaskType.TEXT_TO_IMAGE
    assert [text[slice(*span)] for span in found.spans("params.aspect_ratio")] == ["竖版"]


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("고양이 그림 3장", 3),
        ("포스터 2개 만들어줘", 2),
        ("犬のイラスト2個", 2),
        ("三枚の猫の写真", 3),
        ("猫の写真を5枚描いて", 5),
        ("猫の動画を2本、5秒", 2),
        ("고양이 사진 3장의 콜라주", None),
        ("강아지가 달리는 4초 영상", None),
        ("犬が走る4秒の動画", None),
        ("12ヶ月の写真", None),
        ("画三枚硬币的图", None),
    ],
)
def test_japanese_and_korean_counters_count_and_lengths_do_not(text: str, n: int | None) -> None:
    told = {each.name: each.value for each in route(text, (), {}, None, {}).params}
    assert told.get("n") == n


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('speech in a child\'s voice: "hello there"', "a child's voice"),
        ('read in a pirate voice: "ahoy"', "a pirate voice"),
        ('a voice like Morgan Freeman saying "hi"', "voice like morgan freeman"),
        ("用四川话朗读：你好", "用四川话"),
        ("用童声朗读：“你好”", "童声"),
        ("用机器人的声音念：你好", "机器人的声音"),
    ],
)
def test_a_voice_that_is_no_mans_and_no_womans_is_a_requirement(text: str, words: str) -> None:
    intent = route(text)
    assert intent.task_type is TaskType.TEXT_TO_SPEECH
    assert Parameter("voice", words) in intent.requirements


@pytest.mark.parametrize(
    ("text", "attached", "inputs"),
    [
        ("make a.jpg warmer", ("/pictures/a.jpg",), ("/pictures/a.jpg",)),
        ("make A.JPG warmer", ("./a.jpg",), ("./a.jpg",)),
        ("make a.jpg warmer", ("/pictures/ba.jpg",), ("/pictures/ba.jpg", "a.jpg")),
        ("make a.jpg warmer", ("/x/a.jpg", "/y/a.jpg"), ("/x/a.jpg", "/y/a.jpg", "a.jpg")),
    ],
)
def test_an_attached_picture_that_is_named_is_one_input(
    text: str, attached: tuple[str, ...], inputs: tuple[str, ...]
) -> None:
    assert route(text, attached).inputs == inputs


def test_named_pictures_are_the_frames_that_the_words_say() -> None:
    read = route("begin on a.jpg, finish on b.jpg, spring comes", ("/x/b.jpg", "/x/a.jpg"))
    assert (read.roles.first_frame, read.roles.last_frame) == (1, 0)


@pytest.mark.parametrize(
    ("text", "params"),
    [
        (
            "竖版15秒1080p广告：下班的路上",
            {"duration": 15, "resolution": "1080p", "aspect_ratio": "9:16"},
        ),
        ("5秒方形的视频，水珠在跳", {"duration": 5, "aspect_ratio": "1:1"}),
        ("a koi pond, phone wallpaper", {"aspect_ratio": "9:16"}),
        ("手机壁纸，雨后的巷子", {"aspect_ratio": "9:16"}),
        ("a phone wallpaper in 3:4", {"aspect_ratio": "3:4"}),
        ("photo of a woman with a phone, wallpaper behind her", {}),
        ("poster for our bowls club, 3 different takes", {"n": 3}),
        ("画一张3:4的封面，给我两个不一样的", {"n": 2, "aspect_ratio": "3:4"}),
        ("来一首说唱，140的速度", {"bpm": 140}),
        ("古琴曲，只要乐器", {"make_instrumental": True}),
        ("a sea shanty called Two Left Boots", {"title": "Two Left Boots"}),
        ("a song about a dog called Rex", {}),
        ("a few takes on an otter logo, say four", {"n": 4}),
        ("otter wallpaper - make 3", {"n": 3}),
        ("a photo of a girl of about six", {}),
        ("a poster that compares two different looks", {}),
        ("a drawing of a clock and guards who say four", {}),
        ("a painting of the bakers that make two", {}),
        ("画一只猫，年纪大概六", {}),
        ('a leaving song, call it "Fourth Floor"', {"title": "Fourth Floor"}),
    ],
)
def test_what_is_said_in_passing_is_a_parameter(text: str, params: dict[str, object]) -> None:
    read = {each.name: each.value for each in route(text).params}
    assert read == params


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("先写首歌，再给它做个封面", "text_to_music"),
        ("Start with a lullaby about owls. After that, do cover art for it", "text_to_music"),
        ("a jingle for our bakery and a poster", "text_to_image"),
    ],
)
def test_steps_that_are_told_in_order_keep_it(text: str, first: str) -> None:
    assert route(text).steps[0].task_type == first


@pytest.mark.parametrize(
    "text",
    [
        "photo of a BMW X5, night",
        "画华为 Mate X3，夜景",
        "宝马 x5 海报",
        "a pixel sprite, 16 x 16",
        "draw a QR code, 21 x 21",
        "game UI showing coins x 99",
        "image of a box of bolts x 5",
        "draw a shopping list: milk x2, eggs x6",
        "狐狸 x 3，狼 x 2，画在一张图里",
        "a neon sign that says LOVE x 2",
        "timelapse video, x 8",
        "a pop song, chorus x2",
        "draw the formula y = x * 2",
        "wolves, six of them, howling, oil painting",
        "draw five cats, two of them",
        "a poster: buy 2, get 3",
        "draw a shopkeeper, give me 3, he says",
        "画客人说，给我来两份",
        "画烧烤摊，客人大喊，来五份",
        "画一个人举着牌子，我要三个",
        "餐厅图，桌子，六张",
        "画麻将，十四张",
        "画披萨，两份",
        "一面墙贴满1000张照片的图",
        "墙上挂着三张照片的客厅图",
        "拼贴画，五张照片",
        "a museum wall with four paintings",
        "a UI screen with 4 options",
        "half a dozen eggs, photo",
        "给我三个苹果的图",
        "print shop flyer: 100 copies, 5 dollars",
    ],
)
def test_numbers_of_what_is_shown_buy_nothing_and_stay(text: str) -> None:
    """Seen to be bought that many times, and some with the number gone from the prompt."""
    intent = route(text)
    assert {p.name: p.value for p in intent.requirements}.get("n") is None
    assert without(text, intent.commands) == text


@pytest.mark.parametrize(
    ("text", "count", "sent"),
    [
        ("draw a fox x3", 3, "draw a fox"),
        ("logo for a bakery, 1:1, x4", 4, "logo for a bakery"),
        ("draw a fox, give me 4", 4, "draw a fox"),
        ("draw a fox, 4 of them please", 4, "draw a fox"),
        ("draw a fox, 3 images", 3, "draw a fox"),
        ("雪中狐狸，水彩图，数量：3张", 3, "雪中狐狸，水彩图"),
        ("两个不同的猫的视频", 2, "不同的猫的视频"),
    ],
)
def test_counts_that_nobody_doubts_are_read(text: str, count: int, sent: str) -> None:
    intent = route(text)
    assert {p.name: p.value for p in intent.requirements}.get("n") == count
    assert without(text, intent.commands) == sent
