"""Builds a workflow that ends with a film: master picture, a picture and a video a shot, sounds.

What can't be as asked is a note, said before anything is paid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ima_tui.catalogue import form, price
from ima_tui.compose.confirmation import Unmet
from ima_tui.core.domain import Medium, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, encodable
from ima_tui.film import brief_words, timeline
from ima_tui.film.brief_facts import LONGEST_SHOT, Brief, ShotBrief
from ima_tui.film.timeline import Part, Track
from ima_tui.i18n import say
from ima_tui.intent.intent import Intent, Parameter
from ima_tui.intent.kinds import RequestKind
from ima_tui.intent.sharing import Share, Shared
from ima_tui.workflow import film_plan, finishing
from ima_tui.workflow.building import Builder, lasting
from ima_tui.workflow.film_plan import FilmPlan, PlannedShot
from ima_tui.workflow.sources import result_of, source_of
from ima_tui.workflow.status import Lists
from ima_tui.workflow.steps import Workflow, WorkflowStep, check

USUAL_COUNT = 3
USUAL_SHAPE = "16:9"
MOST_COUNT = 18
LEAST_SECONDS = 1.0
_VOICE_MARGIN = 1.0
_POP_EN, _POP_ZH = "pop music", "流行音乐"
_STANDARD_EN = (
    *("wide shot", "close-up of the details", "in motion", "hero shot"),
    *("seen from above", "seen from the side, soft light", "backlit", "slow orbit around it"),
)
_STANDARD_ZH = (
    "全景",
    "细节特写",
    "动态画面",
    "主视觉镜头",
    "俯拍",
    "侧面，柔光",
    "逆光",
    "缓慢环绕",
)


@dataclass(frozen=True, slots=True)
class BuiltFilm:
    """The workflow, and what has to be said about it."""

    workflow: Workflow
    notes: tuple[str, ...]


def task_types(brief: Brief) -> frozenset[TaskType]:
    """Return the task types whose lists are needed."""
    found = {TaskType.TEXT_TO_IMAGE, TaskType.IMAGE_TO_IMAGE, TaskType.IMAGE_TO_VIDEO}
    if brief.one_take or any(shot.last for shot in brief.shots):
        found.add(TaskType.FIRST_LAST_FRAME)
    if brief.reference:
        found.add(TaskType.REFERENCE_TO_VIDEO)
    if not brief.music_file and (brief.music or brief.lyrics or brief.music_video):
        found.add(TaskType.TEXT_TO_MUSIC)
    if brief.voice:
        found.add(TaskType.TEXT_TO_SPEECH)
    return frozenset(found)


def build(
    brief: Brief,
    lists: Lists,
    preferred: Mapping[TaskType, str],
    plan_id: str,
    prompt: str,
    model: tuple[str, str] = ("", ""),
) -> BuiltFilm:
    """Build the workflow, priced. `model`: id and version that the text names for its videos.

    Raises `UsageError` where the brief lacks something that nobody can guess.
    """
    _refuse(brief)
    maker = _Maker(brief, lists, preferred, prompt, model)
    plan = maker.plan()
    words = encodable(clean(prompt)).strip()
    workflow = Workflow(plan_id, words, tuple(maker.steps), unmet=maker.unmet, film=plan)
    check(workflow)
    return BuiltFilm(workflow, tuple(maker.notes))


def _refuse(brief: Brief) -> None:
    if brief.wants_voice and not brief.voice:
        raise UsageError("error.film_no_words")
    if brief.subtitles and not brief.voice:
        raise UsageError("error.film_no_subtitles")


class _Maker:
    """Makes the steps and the film of one brief."""

    def __init__(
        self,
        brief: Brief,
        lists: Lists,
        preferred: Mapping[TaskType, str],
        prompt: str,
        model: tuple[str, str],
    ) -> None:
        self.notes: list[str] = []
        self._brief = brief
        self._model = model
        self._lists = lists
        self._builder = Builder(Shared(Intent(RequestKind.SINGLE), ()), lists, preferred, prompt)
        self._subject = brief.subject or _stand_in(brief)
        self._shots = self._texts()
        self._parts: list[Part] = []

    @property
    def steps(self) -> list[WorkflowStep]:
        """The steps so far."""
        return list(self._builder.made)

    @property
    def unmet(self) -> tuple[tuple[int, Unmet], ...]:
        """What steps do differently from the request."""
        return tuple(dict.fromkeys(self._builder.unmet))

    def _note(self, name: str, **values: str | int) -> None:
        self.notes.append(say(f"film.note_{name}", **values))

    # ------------------------------------------------------------------------------ the shots

    def _texts(self) -> list[ShotBrief]:
        """Return what each shot shows: as listed, else standard shots of the subject."""
        brief = self._brief
        if brief.listed:
            if len(brief.shots) > MOST_COUNT:
                self._note("many", n=len(brief.shots), most=MOST_COUNT)
            elif brief.told > 1 and brief.told != len(brief.shots):
                self._note("count", told=brief.told, n=len(brief.shots))
            return list(brief.shots[:MOST_COUNT])
        if not self._subject and not brief.images:
            raise UsageError("error.film_no_subject")
        count = brief.count or self._usual_count()
        if count > MOST_COUNT:
            self._note("many", n=count, most=MOST_COUNT)
        if count == 1 and self._subject:
            return [ShotBrief(self._subject)]
        standard = _STANDARD_ZH if brief.chinese else _STANDARD_EN
        return [
            ShotBrief(standard[place % len(standard)]) for place in range(min(count, MOST_COUNT))
        ]

    def _usual_count(self) -> int:
        brief = self._brief
        if brief.seconds and brief.each:
            return max(1, round(brief.seconds / brief.each))
        if brief.seconds and (brief.whole or brief.seconds > LONGEST_SHOT):
            return timeline.usual_count(brief.seconds)
        return USUAL_COUNT if brief.whole else 1

    def _task_of(self, shot: ShotBrief) -> TaskType:
        if shot.last or self._brief.one_take:
            return TaskType.FIRST_LAST_FRAME
        if self._brief.reference:
            return TaskType.REFERENCE_TO_VIDEO
        return TaskType.IMAGE_TO_VIDEO

    def _divide(self) -> list[Part]:
        """Return each shot's length; says what can't be as long as asked."""
        brief, count = self._brief, len(self._shots)
        offers = [self._offers(shot) for shot in self._shots]
        own = [shot.seconds or brief.each for shot in self._shots]
        if any(own) and brief.seconds and all(own) and abs(sum(own) - brief.seconds) > 0.5:
            self._note("lengths", total=f"{sum(own):g}", asked=f"{brief.seconds:g}")
        if all(own):
            return [self._own(place, own[place], offers[place]) for place in range(count)]
        wanted = brief.seconds or sum(own) + 5.0 * own.count(0.0)
        words = [len(shot.text) if brief.listed else 0 for shot in self._shots]
        if not any(own) and all(each == offers[0] for each in offers):
            found = timeline.total(wanted, count, offers[0], words)
            if found is not None:
                return found
            longest = timeline.most(offers[0])
            told = {"most": longest * count, "n": count, "longest": longest}
            self._note("total", asked=f"{wanted:g}", **told)
            return [Part(longest, float(longest))] * count
        rest = max(LEAST_SECONDS, (wanted - sum(own)) / max(1, own.count(0.0)))
        return [self._own(place, each or rest, offers[place]) for place, each in enumerate(own)]

    def _own(self, place: int, wanted: float, offers: timeline.Offers) -> Part:
        found = timeline.one(wanted, offers)
        if found is not None:
            return found
        longest = timeline.most(offers)
        self._note("longest", shot=place + 1, asked=f"{wanted:g}", longest=longest)
        return Part(longest, float(longest))

    def _offers(self, shot: ShotBrief) -> timeline.Offers:
        """Return the lengths of the model that will make it, with their points."""
        task_type = self._task_of(shot)
        inputs = (shot.first, shot.last) if shot.last else (source_of(1),)
        if task_type is TaskType.FIRST_LAST_FRAME and not shot.last:
            inputs = (source_of(1), source_of(2))
        model = self._builder.model(self._share(task_type), inputs)
        found: dict[int, int] = {}
        field = form.user_field(model, "duration")
        for option in field.options if field is not None else ():
            seconds = _whole(option.value)
            quote = price.quote_or_none(model, {"duration": option.value})
            if seconds and quote is not None:
                found[seconds] = quote.rule.points
        return found or {5: 0}

    # ------------------------------------------------------------------------------ the steps

    def plan(self) -> FilmPlan:
        """Add all steps and return the film."""
        brief = self._brief
        if brief.seconds and brief.seconds / len(self._shots) < LEAST_SECONDS:
            self._shots = self._shots[: max(1, int(brief.seconds))]
        self._parts = self._divide()
        master, source = self._master()
        pictures = self._pictures(source)
        shots = self._videos(pictures, source)
        tracks = tuple(self._sounds())
        planned = FilmPlan(
            tuple(shots),
            tracks,
            title=brief.title,
            subtitles=brief.subtitles,
            master=master,
            burned=brief.burned,
            ratio=finishing.odd_ratio(brief.shape) or (0, 0),
        )
        if brief.fade:
            planned = film_plan.with_transition(planned, "fade", timeline.FADE)
        return planned

    def _master(self) -> tuple[int, str]:
        """Return the step of the master picture, or 0, and the source that shots are made from."""
        brief = self._brief
        given = [
            name for name in brief.images if not any(name in (s.first, s.last) for s in brief.shots)
        ]
        if given:
            return 0, given[0]
        recurs = bool(self._subject) and len(self._shots) > 1
        if not recurs or any(shot.last for shot in brief.shots):
            return 0, ""
        words = self._told(self._subject)
        step = self._add(TaskType.TEXT_TO_IMAGE, words, (), say("workflow.title_master"))
        return step, source_of(step)

    def _pictures(self, source: str) -> list[str]:
        """Return each shot's first frame: made from the master, or from text; "" for none."""
        if self._brief.reference:
            return [""] * len(self._shots)
        if source and result_of(source) is None and len(self._shots) == 1:
            return [source]  # one shot of a given picture begins with it
        found: list[str] = []
        before = source
        shots = self._shots
        if self._brief.one_take and len(shots) > 1:
            ending = "结束画面" if self._brief.chinese else "final moment"
            shots = [*shots, replace(shots[-1], text=f"{shots[-1].text}{self._comma}{ending}")]
        for shot in shots:
            if shot.first:
                found.append(shot.first)
                before = shot.last or before
                continue
            task_type = TaskType.IMAGE_TO_IMAGE if before else TaskType.TEXT_TO_IMAGE
            inputs = (before,) if before else ()
            step = self._add(task_type, self._prompt(shot), inputs, shot.text)
            found.append(source_of(step))
        return found

    def _videos(self, pictures: Sequence[str], source: str) -> list[PlannedShot]:
        found: list[PlannedShot] = []
        for place, (shot, part) in enumerate(zip(self._shots, self._parts, strict=True)):
            task_type = self._task_of(shot)
            inputs: tuple[str, ...] = (pictures[place],)
            if shot.last:
                inputs = (shot.first, shot.last)
            elif task_type is TaskType.FIRST_LAST_FRAME:
                inputs = (pictures[place], pictures[min(place + 1, len(pictures) - 1)])
            elif task_type is TaskType.REFERENCE_TO_VIDEO:
                inputs = (source,)
            length = Parameter("duration", part.seconds)
            step = self._add(task_type, self._prompt(shot), inputs, shot.text, length)
            trimmed = 0.0 if part.used >= part.seconds else part.used
            title = self._builder.made[-1].title
            found.append(PlannedShot(place + 1, title, source_of(step), trim=(0.0, trimmed)))
        return found

    def _sounds(self) -> list[Track]:
        brief = self._brief
        total = sum(part.used for part in self._parts)
        found: list[Track] = []
        if brief.music_file:
            found.append(timeline.music(brief.music_file, self._music_volume))
        elif brief.music or brief.lyrics or (brief.music_video and not brief.no_music):
            step = self._song() if brief.lyrics else self._music(total)
            found.append(timeline.music(source_of(step), self._music_volume))
        if brief.voice:
            step = self._add(TaskType.TEXT_TO_SPEECH, brief.voice, (), say("film.title_voice"))
            found.append(timeline.voice(source_of(step), text=brief.voice))
            spoken = timeline.spoken_seconds(brief.voice)
            if spoken > total - _VOICE_MARGIN:
                self._note("voice", spoken=round(spoken), total=f"{total:g}")
        return found

    @property
    def _music_volume(self) -> float:
        return timeline.MUSIC_VOLUME if self._brief.voice else 1.0

    def _music(self, total: float) -> int:
        told = self._brief.music
        if not told:
            told = _POP_ZH if self._brief.chinese else _POP_EN
            self._note("music", music=told)
        words = told + lasting(total, chinese=self._brief.chinese)
        instrumental = Parameter("make_instrumental", True)
        return self._add(TaskType.TEXT_TO_MUSIC, words, (), told, instrumental)

    def _song(self) -> int:
        brief = self._brief
        style = brief.music or brief.style or ("流行歌曲" if brief.chinese else "pop song")
        parameters = [Parameter("lyrics", brief.lyrics)]
        if brief.gender:
            parameters.append(Parameter("vocal_gender", brief.gender))
        return self._add(TaskType.TEXT_TO_MUSIC, style, (), say("film.title_song"), *parameters)

    # ------------------------------------------------------------------------------ the words

    def _prompt(self, shot: ShotBrief) -> str:
        """Return SUBJECT, SHOT TEXT, STYLE; a leading pronoun becomes the subject."""
        text, subject = shot.text.replace("@", ""), self._subject
        if not subject or shot.last:
            return self._told(text)
        if found := brief_words.PRONOUN.match(text):
            rest = text[found.end() :]
            gap = "" if self._brief.chinese else " "
            return self._told(f"{subject}{gap}{rest}")
        if _bare(subject) in text.lower():
            return self._told(text)
        return self._told(f"{subject}{self._comma}{text}")

    @property
    def _comma(self) -> str:
        return "，" if self._brief.chinese else ", "

    def _told(self, text: str) -> str:
        style = self._brief.style
        return f"{text}{self._comma}{style}" if style else text

    def _share(self, task_type: TaskType, *parameters: Parameter) -> Share:
        visual = task_type not in (TaskType.TEXT_TO_MUSIC, TaskType.TEXT_TO_SPEECH)
        shape = (Parameter("aspect_ratio", self._brief.shape or USUAL_SHAPE),) if visual else ()
        share = Share(task_type, "", params=(*shape, *parameters))
        if not visual or task_type.medium.value != "video" or not self._model[0]:
            return share
        return replace(share, model_id=self._id_of(task_type), version=self._model[1])

    def _id_of(self, task_type: TaskType) -> str:
        """Return the named model's id for this type; some models have one id for each."""
        wanted = self._model[0]
        known = [each.model_id for each in self._lists.get(task_type, ())]
        if wanted in known:
            return wanted
        stem = wanted.removesuffix("-t2v").removesuffix("-i2v")
        return next((each for each in known if each.startswith(stem)), "")

    def _add(
        self,
        task_type: TaskType,
        prompt: str,
        inputs: tuple[str, ...],
        title: str,
        *parameters: Parameter,
    ) -> int:
        share = self._share(task_type, *parameters)
        given = bool(inputs) and not any(result_of(source) for source in inputs)
        if given and not self._brief.shape and task_type.medium is Medium.VIDEO:
            share = replace(share, params=parameters)  # a video follows the picture it is made of
        return self._builder.add(share, prompt, inputs, title=title)


def _stand_in(brief: Brief) -> str:
    """Return what a film without a subject shows: a song's words, else the title."""
    if brief.listed:
        return ""
    return brief.lyrics.splitlines()[0][:80] if brief.lyrics else brief.title


def _bare(subject: str) -> str:
    return re.sub(r"^(?:an?|the|my)\s+", "", subject.lower())


def _whole(value: object) -> int:
    try:
        return round(float(str(value)))
    except ValueError:
        return 0
