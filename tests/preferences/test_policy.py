"""The founding document's rules about preferences, row by row."""

from __future__ import annotations

import pytest
from trees import model_json, read

from ima_tui.catalogue.choice import Reason, serving
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.intent.intent import Intent
from ima_tui.intent.route import route
from ima_tui.preferences import policy
from ima_tui.preferences.policy import PreferenceChange, Proposal

IMAGE, VIDEO, ANIMATE = (
    TaskType.TEXT_TO_IMAGE,
    TaskType.TEXT_TO_VIDEO,
    TaskType.IMAGE_TO_VIDEO,
)


def model(task_type: TaskType, model_id: str) -> ModelVersion:
    return read(model_json(model_id=model_id, name=model_id, id=model_id), task_type)


LISTS = {
    IMAGE: tuple(
        model(IMAGE, each) for each in ("gemini-3-pro-image", "doubao-seedream-4.5", "midjourney")
    ),
    TaskType.IMAGE_TO_IMAGE: (model(TaskType.IMAGE_TO_IMAGE, "midjourney"),),
    VIDEO: (model(VIDEO, "viduq2"), model(VIDEO, "wan2.6-t2v"), model(VIDEO, "kling-video-o1")),
    ANIMATE: (model(ANIMATE, "wan2.6-i2v"), model(ANIMATE, "kling-video-o1")),
}


def asked(text: str, before: str = "") -> tuple[Intent, Proposal | None]:
    """What a text makes of a person whose images are usually made by `before`."""
    intent = route(text, (), LISTS, {IMAGE: before} if before else {})
    assert intent.model is not None
    assert intent.reason is not None
    return intent, policy.propose(intent, intent.model, intent.reason, before)


SWITCHES = [
    "换成Midjourney画一只猫",
    "改用Midjourney画一只猫",
    "switch to Midjourney and draw a cat",
]
STANDING = [
    "以后都用Midjourney，画一只猫",
    "默认用Midjourney，画一只猫",
    "always use Midjourney; draw a cat",
]
LIKES = [
    "我喜欢Midjourney，画一只猫",
    "我更喜欢Midjourney，画一只猫",
    "I prefer Midjourney. Draw a cat",
]
USES = ["用Midjourney画一只猫", "use Midjourney to draw a cat"]
CLEARS = [
    *("用最好的模型画一只猫", "用最合适的模型画一只猫", "use the best model to draw a cat"),
    *("use the recommended model to draw a cat", "推荐一个模型，画一只猫"),
    "你选一个模型，画一只猫",
    *("自动选择模型，画一只猫", "用默认的模型画一只猫", "用新的模型画一只猫"),
    *("试试别的模型，画一只猫", "换个模型试试，画一只猫", "重新推荐，画一只猫"),
]  # fmt: skip


@pytest.mark.parametrize("before", ["", "doubao-seedream-4.5"])
@pytest.mark.parametrize("text", [*SWITCHES, *STANDING, *LIKES])
def test_an_explicit_wish_is_saved_whatever_was_remembered(text: str, before: str) -> None:
    _, proposal = asked(text, before)
    assert proposal is not None
    assert (proposal.change, proposal.on, proposal.before) == (PreferenceChange.SAVE, True, before)
    assert proposal.model is not None
    assert proposal.model.model_id == "midjourney"


@pytest.mark.parametrize("text", USES)
def test_use_x_is_saved_where_nothing_was_and_asked_about_where_another_is(text: str) -> None:
    _, fresh = asked(text)
    assert fresh is not None
    assert fresh.change is PreferenceChange.SAVE
    assert fresh.on
    _, other = asked(text, "doubao-seedream-4.5")
    assert other is not None
    assert other.change is PreferenceChange.SAVE
    assert other.asks
    assert other.before == "doubao-seedream-4.5"


@pytest.mark.parametrize("text", [*USES, *SWITCHES, *STANDING])
def test_what_is_remembered_already_is_not_spoken_of(text: str) -> None:
    assert asked(text, "midjourney")[1] is None


@pytest.mark.parametrize("before", ["", "doubao-seedream-4.5"])
@pytest.mark.parametrize(
    "text", ["仅本次用Midjourney画一只猫", "just this once use Midjourney to draw a cat"]
)
def test_once_saves_nothing_and_asks_nothing(text: str, before: str) -> None:
    intent, proposal = asked(text, before)
    assert intent.model is not None
    assert intent.model.model_id == "midjourney"
    assert proposal is None


@pytest.mark.parametrize("text", CLEARS)
def test_leaving_the_choice_to_us_forgets(text: str) -> None:
    intent, proposal = asked(text, "midjourney")
    assert proposal == Proposal(PreferenceChange.FORGET, True, before="midjourney")
    assert intent.model is not None
    assert intent.model.model_id != "midjourney"
    assert asked(text)[1] is None, "nothing to forget, nothing to say"


@pytest.mark.parametrize(
    "text", ["画一只猫", "draw a cat", "便宜点，画一只猫", "highest quality image of a cat"]
)
@pytest.mark.parametrize("before", ["", "midjourney"])
def test_what_was_chosen_for_a_person_is_never_saved(text: str, before: str) -> None:
    assert asked(text, before)[1] is None


def test_a_mention_is_no_wish() -> None:
    assert asked("Midjourney: a cat on a roof")[1] is None
    _, proposal = asked("Midjourney: a cat on a roof", "doubao-seedream-4.5")
    assert proposal is not None
    assert proposal.asks


def test_a_model_chosen_by_hand_is_asked_about() -> None:
    pro = LISTS[IMAGE][0]
    assert policy.propose(None, pro, Reason.REQUEST) is None
    proposal = policy.propose(None, pro, Reason.REQUEST, "midjourney")
    assert proposal is not None
    assert proposal.asks
    assert proposal.model is pro
    over = policy.propose(route("用Midjourney画一只猫"), pro, Reason.REQUEST)
    assert over is None, "the hand chose another than the words"


def test_a_model_that_is_not_offered_is_not_remembered() -> None:
    intent = route("always use nano banana 2; draw a cat", (), LISTS)
    assert intent.model is None


# ------------------------------------------------------------------------- nothing to be made


def test_a_standing_wish_alone_is_for_every_task_type_of_its_medium() -> None:
    found = policy.preferred_models(route("以后都用Midjourney"), LISTS)
    assert [each.task_type for each in found] == [IMAGE, TaskType.IMAGE_TO_IMAGE]
    found = policy.preferred_models(route("以后视频都用万相"), LISTS)
    assert [each.model_id for each in found] == ["wan2.6-t2v", "wan2.6-i2v"]


def test_a_wish_about_another_medium_is_kept_beside_the_job() -> None:
    intent = route("always use Kling O1 for my videos. Now draw a fox", (), LISTS)
    assert intent.task_type is IMAGE
    found = policy.preferred_models(intent, LISTS)
    assert {each.model_id for each in found} == {"kling-video-o1"}
    assert (
        policy.preferred_models(route("always use Midjourney; draw a fox", (), LISTS), LISTS) == ()
    )


def test_task_types_of_a_model() -> None:
    assert policy.task_types("sonic") == (TaskType.TEXT_TO_MUSIC,)
    assert ANIMATE in policy.task_types("wan2.6-t2v")


def test_a_bare_wish_to_forget() -> None:
    preferred = {IMAGE: "midjourney", VIDEO: "viduq2", ANIMATE: "kling-video-o1"}
    everything = policy.forgettable(route("换个模型试试"), preferred)
    assert everything == (IMAGE, VIDEO, ANIMATE)
    assert policy.forgettable(route("以后都用Midjourney"), preferred) == ()


# ---------------------------------------------------------------------------- order of choice


@pytest.mark.parametrize(
    ("preferred", "recommended", "expected", "reason"),
    [
        ("midjourney", "gemini-3-pro-image", "midjourney", Reason.PREFERENCE),
        ("", "gemini-3-pro-image", "gemini-3-pro-image", Reason.RECOMMENDATION),
        ("gone", "gone too", "doubao-seedream-4.5", Reason.DEFAULT),
        ("", "", "doubao-seedream-4.5", Reason.DEFAULT),
    ],
)
def test_the_order_of_choice(
    preferred: str, recommended: str, expected: str, reason: Reason
) -> None:
    intent = route("画一只猫", (), LISTS, {IMAGE: preferred}, {IMAGE: recommended})
    assert intent.model is not None
    assert intent.model.model_id == expected
    assert intent.reason is reason


def test_the_words_come_before_all_of_it() -> None:
    known = ({IMAGE: "midjourney"}, {IMAGE: "midjourney"})
    intent = route("用nano banana pro画一只猫", (), LISTS, *known)
    assert intent.model is not None
    assert intent.model.model_id == "gemini-3-pro-image"
    assert intent.reason is Reason.REQUEST
    tier = route("艺术感强的画，一只猫", (), LISTS, {IMAGE: "gemini-3-pro-image"})
    assert tier.model is not None
    assert tier.model.model_id == "midjourney"
    assert tier.reason is Reason.TIER


def test_at_last_the_first_live_model_serves() -> None:
    only = (model(IMAGE, "newcomer"),)
    assert serving(only, IMAGE) == (only[0], Reason.FIRST)
    assert serving((), IMAGE) is None


# ------------------------------------------------------------------------------ the quiet hint


def test_the_hint_after_a_success_names_the_recommendation_else_the_usual() -> None:
    models = LISTS[IMAGE]

    def hint(used: str, preferred: str, recommended: str = "") -> str:
        found = policy.usual_instead(models, IMAGE, used, preferred, recommended)
        return found.model_id if found else ""

    assert hint("midjourney", "midjourney") == "doubao-seedream-4.5"
    assert hint("midjourney", "midjourney", "gemini-3-pro-image") == "gemini-3-pro-image"
    assert hint("midjourney", "midjourney", "midjourney") == ""
    assert hint("midjourney", "") == "", "no preference was followed"
    assert hint("gemini-3-pro-image", "midjourney") == "", "the words chose another"
