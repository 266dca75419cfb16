"""A prompt for one video that tells several shots is sent as one video only when that is agreed."""

from __future__ import annotations

import pytest

from ima_tui.compose import confirmation, other_requests
from ima_tui.intent.route import route


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("给我拍一段10秒的猫咪短视频，两个镜头", 2),
        ("a 10 second video of a cat, two shots", 2),
        ("a 10 second video of a cat", 0),
        ("先是种子落地，然后发芽，最后开成向日葵，12秒，轻快的音乐", 3),
        ("Two shots: a kite; a boat. 6 seconds, calm piano music", 2),
        ("1. a red cat 2. a blue dog, as pictures", 0),
        ("Read aloud: first we fry onions, then we add rice, finally we rest. 20 seconds", 0),
        ("a picture of three shots of espresso", 0),
        ("generate 3 clips of ocean waves", 0),
    ],
)
def test_several_shots_are_named_before_one_video_is_paid(text: str, count: int) -> None:
    intent = route(text, ())
    assert other_requests.shots(text, intent) == count
    said = confirmation.sentences(other_requests.unmet(text, intent, "Wan 2.6"))
    assert len(said) == (1 if count else 0)
    assert all(
        f"a film with {count} shots" in sentence and "Wan 2.6" in sentence for sentence in said
    )


def test_a_film_longer_than_one_video_is_offered_beside_the_shorter_video() -> None:
    for text, count in (("一分钟的宣传片，介绍我们的农场", 8), ("a 30 second video of the sea", 4)):
        intent = route(text, ())
        assert other_requests.offered(text, intent) == count
        assert other_requests.unmet(text, intent, "Wan 2.6") == (), "its length is named already"


@pytest.mark.parametrize(
    ("text", "film"),
    [
        ("A 15 second product video of a sneaker from three shots, upbeat music", True),
        ("帮我做个产品宣传MV,有背景音乐,主角是旺财小狗", True),
        ("Draw a dragon, then animate it, and add a soundtrack", False),
    ],
)
def test_what_ends_with_a_film_is_said_while_it_is_typed(text: str, film: bool) -> None:
    assert other_requests.ends_with_film(text, route(text, ())) is film
