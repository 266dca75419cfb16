"""Every refusal, failure and state of the network, as people hear it, in both languages."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from offered import MODELS, Model, fault, place
from studios import UNHURRIED, Open, ended

from ima_tui import i18n
from ima_tui.cli.exit_status import failure_of
from ima_tui.cli.json_documents import job_json
from ima_tui.core.domain import Failure, State, TaskType
from ima_tui.core.errors import (
    ImaError,
    KeyMissing,
    Lost,
    Malformed,
    Refused,
    Unreachable,
)
from ima_tui.i18n import en, zh
from ima_tui.runner import outputs
from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(scenario=UNHURRIED)

SONG, TALK, FILM, STILL = (
    TaskType.TEXT_TO_MUSIC, TaskType.TEXT_TO_SPEECH, TaskType.TEXT_TO_VIDEO,
    TaskType.TEXT_TO_IMAGE,
)  # fmt: skip
KEY_LINK = "https://www.imaclaw.ai/imaclaw/apikey"
POINTS_LINK = "https://www.imaclaw.ai/imaclaw/subscription"

REFUSALS = {
    401: "error.unauthorised",
    429: "error.limited",
    500: "error.too_heavy",
    4008: "error.too_few_points",
    4014: "error.subscription",
    6006: "error.price_changed",
    6009: "error.no_rule",
    6010: "error.rule_mismatch",
    400017: "error.bad_value",
}
REASONS: list[tuple[str, TaskType, str]] = [
    ("Content policy violation", FILM, "error.moderated"),
    ("prompt moderation failed", STILL, "error.moderated"),
    ("提示词包含敏感内容", STILL, "error.moderated"),
    ("Prompt contains restricted content, please modify", FILM, "error.moderated"),
    ("Your request was rejected by our safety system", STILL, "error.moderated"),
    ("input image was flagged", STILL, "error.moderated"),
    ("image blocked by content filter", STILL, "error.moderated"),
    ("text contains banned words", TALK, "error.moderated"),
    ("violates our community guidelines", FILM, "error.moderated"),
    ("图片审核未通过", STILL, "error.moderated"),
    ("内容涉及违禁词", SONG, "error.moderated"),
    ("触发风控", FILM, "error.moderated"),
    ("parameter names are case-sensitive", FILM, "error.generation_failed"),
    ("unique constraint violated", FILM, "error.generation_failed"),
    ("Model not available", FILM, "error.model_away"),
    ("503 Service Unavailable", FILM, "error.model_away"),
    ("Insufficient GPU capacity", FILM, "error.model_away"),
    ("模型维护中", FILM, "error.model_away"),
    ("Invalid lyrics format", SONG, "error.lyrics"),
    ("lyrics too long", SONG, "error.lyrics"),
    ("歌词格式有误", SONG, "error.lyrics"),
    ("Prompt length invalid", SONG, "error.music_length"),
    ("描述过短", SONG, "error.music_length"),
    ("TTS text length", TALK, "error.speech_length"),
    ("text too long", TALK, "error.speech_length"),
    ("文本过长", TALK, "error.speech_length"),
    ("prompt exceeds the limit", STILL, "error.prompt_length"),
    ("Task timed out", FILM, "error.timed_out"),
    ("Timeout error", STILL, "error.timed_out"),
    ("context deadline exceeded", FILM, "error.timed_out"),
    ("生成超时", FILM, "error.timed_out"),
    ("Rate limit exceeded", FILM, "error.limited"),
    ("429 Too Many Requests", FILM, "error.limited"),
    ("Insufficient points", STILL, "error.too_few_points"),
    ("积分不足", STILL, "error.too_few_points"),
    ("the picture shows a real person's face", FILM, "error.faces"),
    ("Task failed", FILM, "error.generation_failed"),
    ("Resource status 2", FILM, "error.generation_failed"),
    ("interface error at two points", FILM, "error.generation_failed"),
    ("", FILM, "error.generation_failed"),
]
NETWORK: dict[str, ImaError] = {
    "unreachable": Unreachable("ConnectError"),
    "lost": Lost("ReadError"),
    "unreadable": Malformed("HTTP 200"),
    "no key": KeyMissing(),
}
OTHERS = {
    "deleted": ImaError("error.result_deleted"),
    "gone": ImaError("error.model_gone", model="Nano Banana Pro"),
    "dearer": ImaError("error.price_rose", before=5, points=7),
    "expired": ImaError("error.link_expired"),
    "download": ImaError("error.download_broken"),
    "download unreachable": ImaError("error.download_unreachable"),
    "unknown code": Refused(31337, "internal words of the service"),
    "no models": ImaError("error.no_models"),
}
ROWS: dict[str, ImaError] = {
    **{str(code): Refused(code, "the service's own words") for code in REFUSALS},
    **{f"{reason or 'no reason'} {task_type.medium}": failure_of_reason
       for reason, task_type, key in REASONS
       for failure_of_reason in [ImaError(key)]},
    **NETWORK,
    **OTHERS,
}  # fmt: skip

CODES = re.compile(r"(?<!\d)(4\d\d|5\d\d|4008|4014|6006|6009|6010|400017|31337)(?!\d)")
WIRE_NAMES = re.compile(
    r"attribute_id|model_version|model_id|form_config|credit_rules|resource_status|error_msg|"
    r"\bcast\b|src_img_url|input_images|biz_id|task_type|auto_lyrics|\bHTTP\b|payload|envelope",
    re.IGNORECASE,
)
NAMES = {"IMA", "ima-tui", "API", "IMA_API_KEY", "Nano", "Banana", "Pro"}
"""English that may stand in a Chinese sentence: names only. Addresses are taken out before."""
languages = pytest.mark.parametrize("language", ["en", "zh"])
Language = Literal["en", "zh"]


@languages
@pytest.mark.parametrize("error", ROWS.values(), ids=ROWS.keys())
def test_every_row_is_said_with_a_next_step(error: ImaError, language: Language) -> None:
    i18n.use(language)
    said = i18n.say(error.key, **error.values)
    hint = i18n.hint(error.key, **error.values)
    assert len(said) >= 5
    assert len(hint) >= 5, f"{error.key} says nothing of what to do next"
    judge(f"{said} {hint}", language)
    assert "own words" not in i18n.explain(error)


def judge(text: str, language: Language) -> None:
    plain = re.sub(r"https://[A-Za-z0-9./_-]+", "", text)
    assert not CODES.search(plain), plain
    assert not WIRE_NAMES.search(plain), plain
    words = set(re.findall(r"[A-Za-z][A-Za-z_-]*", plain))
    if language == "zh":
        assert words <= NAMES, words - NAMES
    else:
        assert not re.search(r"[\u4e00-\u9fff]", plain)


@pytest.mark.parametrize("bad", ["错误 6006", "HTTP 失败", "请 retry 一下", "attribute_id 不对"])
def test_the_judge_of_words_judges(bad: str) -> None:
    with pytest.raises(AssertionError):
        judge(bad, "zh")


@pytest.mark.parametrize(("reason", "task_type", "key"), REASONS)
def test_a_reason_leads_to_its_sentence(reason: str, task_type: TaskType, key: str) -> None:
    assert outputs.cause_of(reason, task_type) == key
    assert outputs.of_refusal(Refused(31337, reason), task_type) == (
        "error.refused" if key == outputs.GENERAL else key
    )


@pytest.mark.parametrize(("code", "key"), REFUSALS.items())
def test_a_code_leads_to_its_sentence_unless_the_words_name_moderation(code: int, key: str) -> None:
    for words in ("internal words", "too long", "503 unavailable", ""):
        assert outputs.of_refusal(Refused(code, words), STILL) == key
    about_the_account = code in (401, 429, 4008, 4014)
    moderated = outputs.of_refusal(Refused(code, "Content policy violation"), STILL)
    assert moderated == (key if about_the_account else "error.moderated")


def test_a_blocked_order_says_what_became_of_the_points() -> None:
    i18n.use("en")
    assert "may have been charged" in i18n.explain(ImaError("error.moderated"))
    assert "Nothing was charged" in i18n.explain(ImaError("error.moderated", unsent=1))


@languages
@pytest.mark.parametrize(
    ("key", "link"),
    [
        ("error.unauthorised", KEY_LINK),
        ("error.key_missing", KEY_LINK),
        ("error.too_few_points", POINTS_LINK),
        ("error.subscription", POINTS_LINK),
    ],
)
def test_links_lead_where_it_can_be_mended(key: str, link: str, language: Language) -> None:
    i18n.use(language)
    assert link in i18n.hint(key)


def test_no_row_of_the_timeline_shows_the_services_insides() -> None:
    for texts, language in ((en.TEXTS, "en"), (zh.TEXTS, "zh")):
        for key, text in texts.items():
            if key.startswith("event."):
                plain = re.sub(r"\{\w+\}", "", text)
                judge(plain, "zh" if language == "zh" else "en")


# ------------------------------------------------------------------------- through the real path


@pytest.mark.parametrize(("reason", "task_type", "key"), [
    row for row in REASONS if row[1] in (STILL, SONG)
])  # fmt: skip
async def test_a_failed_task_says_why_in_plain_words(
    reason: str, task_type: TaskType, key: str, sandbox: Sandbox, opened: Open
) -> None:
    model = {SONG: MODELS["no form"], STILL: MODELS["a virtual size"]}[task_type]
    sandbox.scenario(fault("fail_task", message=reason or " "))
    async with opened() as studio:
        placed = await place(studio, model, f"fails: {reason} {task_type}")
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
        assert job.failure is not None
        assert (job.state, job.failure.kind) == (State.FAILED, key)
        for language in ("en", "zh"):
            i18n.use("zh" if language == "zh" else "en")
            error = (await job_json(studio, job, failure_of(job)))["error"]
            assert isinstance(error, dict)
            said = f"{error['message']} {' '.join(error['suggestions'])}"
            judge(said, "zh" if language == "zh" else "en")
            assert error["suggestions"]
            fewest = 0 if key == "error.too_few_points" else 1  # these must be cheaper, too
            assert fewest <= len(error["alternatives"]) <= 2
            assert all(one["credit"] > 0 for one in error["alternatives"])


async def test_a_refusal_without_a_known_code_is_told_by_its_words(
    sandbox: Sandbox, opened: Open
) -> None:
    sandbox.scenario(
        fault("refuse", endpoint="create", code=31337, message="Content policy violation")
    )
    async with opened() as studio:
        placed = await place(studio, MODELS["no form"], "refused in words")
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.FAILED, "error.moderated")
    assert [create["code"] for create in sandbox.ledger()["creates"]] == [31337]


async def test_a_deleted_result_is_said_to_be_deleted(sandbox: Sandbox, opened: Open) -> None:
    sandbox.scenario(fault("fail_task", resource_status=3, message="x"))
    async with opened() as studio:
        placed = await place(studio, MODELS["no form"], "deleted")
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
    assert job.failure == Failure("error.result_deleted", "x", {})


async def test_a_model_that_needs_a_subscription(sandbox: Sandbox, opened: Open) -> None:
    sora = Model(TaskType.TEXT_TO_VIDEO, "sora-2-pro")
    async with opened(key="ima_free_0001") as studio:
        job = await ended(studio, (await studio.jobs.submit(await place(studio, sora, "free"))).id)
        assert job.failure is not None
        assert job.failure.kind == "error.subscription"
        others = [one.model.model_id for one in studio.catalogue.alternatives(job.order)]
    assert others
    assert "sora-2-pro" not in others


async def test_too_few_points_names_cheaper_models(sandbox: Sandbox, opened: Open) -> None:
    async with opened(key="ima_poor_0001") as studio:
        placed = await place(studio, MODELS["twelve prices"], "poor")
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
        assert job.failure is not None
        assert job.failure.kind == "error.too_few_points"
        document = await job_json(studio, job, failure_of(job))
    error = document["error"]
    assert isinstance(error, dict)
    assert error["alternatives"]
    assert all(one["credit"] < placed.points for one in error["alternatives"])
