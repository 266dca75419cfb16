"""Set, clear and ask about a preferred model: in both languages, and told apart from requests."""

from __future__ import annotations

import pytest

from ima_tui.core.domain import Medium
from ima_tui.intent.kinds import PreferenceAction, RequestKind
from ima_tui.intent.route import route

MIDJOURNEY, SUNO, KLING = "midjourney", "sonic", "kling-video-o1"
SAVED = [
    ("please remember: music = suno", SUNO),
    ("set midjourney as my preferred image model", MIDJOURNEY),
    ("whenever I ask for a song, go with Suno", SUNO),
    ("from now on all my pictures should be made with Midjourney", MIDJOURNEY),
    ("don't use Suno for pictures, Midjourney should be my standard for pics", MIDJOURNEY),
    ("记住，我做音乐就用Suno", SUNO),
    ("把默认视频模型改成可灵O1", KLING),
    ("影片以後一律用可靈O1", KLING),
    ("記住畫圖都用Midjourney", MIDJOURNEY),
    ("我的 default video model 设成 可灵O1", KLING),
]
CLEARED = [
    ("Stop defaulting to Midjourney for pictures, go back to automatic", Medium.IMAGE),
    ("I no longer want Suno as my default", Medium.MUSIC),
    ("let the app pick the video model again", Medium.VIDEO),
    ("reset the image model to default", Medium.IMAGE),
    ("clear my model preferences", None),
    ("別再預設用Midjourney畫圖了，改回自動", Medium.IMAGE),
    ("不要再默认用可灵了", Medium.VIDEO),
    ("清掉預設的圖片模型", Medium.IMAGE),
    ("把音乐的默认模型取消", Medium.MUSIC),
]
MAKES = [
    "always use Midjourney: draw a fox who never smiles",
    "以后都用Midjourney，先画一只狐狸",
    "stop motion video of a dog that always waits",
    "画一张海报，写着默认设置",
    "I'd rather have Nano Banana Pro here: a picture of a chess set",
]


@pytest.mark.parametrize(("text", "model"), SAVED)
def test_a_model_is_set(text: str, model: str) -> None:
    intent = route(text)
    assert intent.kind is RequestKind.PREFERENCE
    assert intent.preference is not None
    assert (intent.preference.action, intent.preference.model_id) == (PreferenceAction.SAVE, model)


@pytest.mark.parametrize(("text", "medium"), CLEARED)
def test_a_model_is_cleared(text: str, medium: Medium | None) -> None:
    intent = route(text)
    assert (intent.kind, intent.medium) == (RequestKind.PREFERENCE, medium)
    assert intent.preference is not None
    assert intent.preference.action is PreferenceAction.CLEAR


@pytest.mark.parametrize("text", MAKES)
def test_a_request_beside_or_without_a_preference_is_made(text: str) -> None:
    assert route(text).kind is RequestKind.SINGLE


@pytest.mark.parametrize(
    "text",
    ["what's my current default for video?", "我现在默认用的是哪个图片模型？", "默认模型在哪里改"],
)
def test_a_question_about_a_preference_changes_none(text: str) -> None:
    intent = route(text)
    assert (intent.kind, intent.preference) == (RequestKind.QUESTION, None)
