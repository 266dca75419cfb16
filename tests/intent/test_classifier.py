"""The classifier: what it is, what it says about prompts outside its training, what it survives."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
import zlib
from pathlib import Path
from random import Random

import pytest

from ima_tui.intent import classifier
from ima_tui.intent.classifier import LABELS, SIZE, cut, features, read_weights, scores
from ima_tui.intent.route import route

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "ima_tui" / "intent" / "classifier.bin"

# written by hand, none of them in the training data: (label, pictures given, prompt)
PROMPTS = (
    ("image", 0, "I need a label for our honey jars, something with bees and wildflowers"),
    ("image", 0, "could you do a quick sketch of two old men arguing over a chessboard"),
    ("image", 0, "our podcast needs cover art, topic is deep sea exploration"),
    ("image", 0, "no animation please, a single still of a foggy pier is fine"),
    ("image", 0, "给我们村的蜂蜜设计一个标签，要有蜜蜂和野花"),
    ("image", 0, "想要一张适合打印的元宵节海报，红色为主"),
    ("image", 0, "幫我畫一張在雨中等公車的小女孩"),
    ("image", 1, "take the lamp post out and brighten the faces"),
    ("image", 1, "把路灯去掉，脸部提亮一些"),
    ("video", 0, "film a paper boat drifting down a gutter during heavy rain"),
    ("video", 0, "10 second clip of lava meeting the ocean, vertical"),
    ("video", 0, "a trailer for our school play, dramatic"),
    ("video", 0, "拍一段蚂蚁搬家的短片，竖屏"),
    ("video", 0, "老街早市的延时视频，15秒"),
    ("video", 0, "做一個貓咪跳上窗台的影片"),
    ("video", 1, "let the curtains sway and the steam rise from the cup"),
    ("video", 1, "让照片里的窗帘飘起来"),
    ("music", 0, "an upbeat tune for my morning run, no singing"),
    ("music", 0, "write a bluesy song about missing the last ferry"),
    ("music", 0, "I already shot the video, now I only need some lo-fi to go underneath"),
    ("music", 0, "来一首适合雨天喝咖啡的爵士，不要人声"),
    ("music", 0, "给我们幼儿园写首洗手歌"),
    ("music", 0, "寫一首關於颱風夜的情歌"),
    ("speech", 0, "please read this to my kids in a gentle voice: the moon went to bed early"),
    ("speech", 0, "voicemail greeting for a plumber, friendly"),
    ("speech", 0, "say 'paint me a picture' in a posh accent"),
    ("speech", 0, "用东北话念一遍：今天的菜真新鲜"),
    ("speech", 0, "帮我录一段地铁停运的广播通知"),
    ("speech", 0, "このお知らせを読み上げてください：本日は休業です"),
    ("speech", 0, "lis ce message à voix haute : la bibliothèque ferme dans dix minutes"),
    ("several", 0, "a poster for our jazz night and a thirty second radio jingle"),
    ("several", 0, "draw a koi pond, then make the fish swim"),
    ("several", 0, "a short film about winter with a narrator and piano music"),
    ("several", 0, "先画一个灯塔，再做成视频，配上海浪般的音乐"),
    ("several", 0, "给新店做一张海报和一段广播语音"),
    ("question", 0, "how many points would a ten second video set me back?"),
    ("question", 0, "do you support Veo with sound?"),
    ("question", 0, "做一首歌大概要多少积分？"),
    ("question", 0, "你们支持首尾帧吗"),
    ("ask", 0, "good evening to you all"),
    ("ask", 0, "a grumpy walrus"),
    ("ask", 0, "make me something nice for my aunt"),
    ("ask", 0, "随便给我弄点东西"),
    ("ask", 0, "while True:\n    queue.put(item)"),
)


def label_of(text: str, images: int = 0) -> str:
    """The label with the highest score."""
    found = scores(text, images)
    return LABELS[found.index(max(found))]


def test_prompts_outside_the_training_get_their_labels() -> None:
    wrong = [
        (label, label_of(prompt, images), prompt)
        for label, images, prompt in PROMPTS
        if label_of(prompt, images) != label
    ]
    assert len(wrong) <= 2, wrong


def test_the_weights_are_those_that_the_trainer_recorded() -> None:
    recorded = WEIGHTS.with_suffix(".sha256").read_text("utf-8").split()[0]
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == recorded


def test_the_weights_fit_into_600_kilobytes_and_reach_the_ends_of_their_scale() -> None:
    data = WEIGHTS.read_bytes()
    assert len(data) <= 600_000
    weights = read_weights(data)
    assert len(weights.tables) == len(weights.bias) == len(LABELS)
    assert max(max(map(abs, table)) for table in weights.tables) == 127
    assert len(weights.combination) == len(LABELS)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"IMAC0001", b"x" * 458_788, WEIGHTS.read_bytes()[:-1]),
        WEIGHTS.read_bytes()[:-60] + b"0" * 60,
        WEIGHTS.read_bytes()[:80] + zlib.compress(bytes(50_000_000)),
    ],
    ids=("empty", "short", "other", "cut", "damaged", "huge"),
)
def test_a_damaged_weights_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"classifier\.bin"):
        read_weights(data)


def test_the_trainer_uses_the_features_of_the_inference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")
    fit = pytest.importorskip("intent_training.fit", reason="make train installs its libraries")
    assert fit.features is features
    assert fit.LABELS is LABELS


def test_generated_prompts_are_the_same_for_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")
    from intent_training.prompts import prompts

    assert list(prompts(300, 5)) == list(prompts(300, 5))
    labels = {prompt.label for prompt in prompts(1500, 5)}
    assert labels == set(LABELS) - {"missing", "frames", "reference"}


def test_the_hand_written_prompts_are_in_no_set_of_cases() -> None:
    here = Path(__file__).parent
    sets = (*here.glob("*.jsonl"), *here.glob("strangers/*"))
    known = "".join(path.read_text("utf-8") for path in sets)
    assert not [prompt for *_, prompt in PROMPTS if prompt in known]


def test_each_medium_and_language_has_three_hundred_nouns_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")
    from intent_training.nouns import MEDIA, nouns

    for language in ("en", "zh"):
        seen: dict[str, str] = {}
        for medium in MEDIA:
            names = {name.casefold() for name in nouns()[medium, language]}
            assert len(names) >= 300, (medium, language, len(names))
            shared = {name: seen[name] for name in names if name in seen}
            assert not shared
            seen |= dict.fromkeys(names, medium)


def test_nouns_are_known_in_frames_outside_the_grammar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")
    from intent_training.nouns import nouns

    frames = {"en": "my sister wants a {} about her garden", "zh": "老板说周五前要{}"}
    for (medium, language), names in nouns().items():
        wrong = [name for name in names if route(frames[language].format(name)).medium != medium]
        assert len(wrong) <= 0.03 * len(names), (medium, language, wrong)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\n", "\x00\x01\x02\x1b[31m", "🎬🎵🖼️", "\ud800\udfff", "a\ud800b 画", "::::",
     "。。。", "'", '"', "\u202eabc", "a" * 100_000, "画" * 100_000, "a poster, " * 10_000,
     "一张海报。" * 20_000, '"' * 100_000, "「" * 100_000, "/a" * 50_000, "." * 100_000,
     "1" * 100_000, "é" * 100_000, "=" * 100_000],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_any_text_gets_an_opinion(text: str) -> None:
    found = scores(text)
    assert len(found) == len(LABELS)
    assert all(map(math.isfinite, found))


def test_random_texts_get_the_same_opinion_twice() -> None:
    rng = Random(3)
    for _ in range(200):
        text = "".join(chr(rng.randrange(1, 0x11000)) for _ in range(rng.randrange(60)))
        assert scores(text, 1) == scores(text, 1)
        assert all(0 <= place < SIZE for group in features(text) for place in group)


def test_an_opinion_is_the_same_in_another_process() -> None:
    code = (
        "from ima_tui.intent.classifier import scores\n"
        "import sys\n"
        "print(scores('a poster for our choir', 0))\n"
        "print(sorted({'numpy', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {f"{scores('a poster for our choir')}\n[]\n"}


def test_what_is_read_of_a_long_text_is_bounded_and_holds_its_ends_and_requests() -> None:
    filler = "The street was quiet and the shutters were down. " * 400
    text = f"First words. {filler} Please make a poster of it. {filler} Last words."
    read = cut(text)
    assert len(read) < 1_000
    assert read.startswith("First words.")
    assert read.endswith("Last words.")
    assert "Please make a poster" in read
    chinese = "街上很安静，店门都关着。" * 400
    assert "请做成海报" in cut(f"{chinese}请做成海报。{chinese}")
    assert len(cut(chinese * 10)) < 400


def test_traditional_characters_and_capitals_change_nothing() -> None:
    assert scores("幫我畫一張海報") == scores("帮我画一张海报")
    assert scores("MAKE A POSTER") == scores("make a poster")


def test_the_weights_are_read_once() -> None:
    scores("a")
    assert classifier.load() is classifier.load()
