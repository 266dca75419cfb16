"""Builds a workflow from a prompt, by patterns that keep several media consistent.

- Image and video: the image is made first and is the video's first frame. - The same subject in
several results (series, character, shots): a master image first, and all others are made from it. -
Music and speech come last: they wait for the visuals, and music is as long as those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ima_tui.catalogue import choice, form, order
from ima_tui.catalogue.choice import Reason
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import apply_intent, confirmation
from ima_tui.compose.apply_intent import song_prompt, song_settings
from ima_tui.compose.confirmation import Unmet
from ima_tui.core.domain import (
    Medium,
    ModelVersion,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import (
    clean,
    encodable,
    has_chinese,
    nearest,
    one_line,
)
from ima_tui.i18n import say
from ima_tui.intent import binding
from ima_tui.intent.intent import Parameter
from ima_tui.intent.kinds import PreferenceAction
from ima_tui.intent.limits import music_pieces
from ima_tui.intent.route import by_rules
from ima_tui.intent.sharing import Share, Shared
from ima_tui.intent.song import LYRICS, read_song
from ima_tui.workflow import finishing
from ima_tui.workflow.finishing import Crop, Finish, Join
from ima_tui.workflow.sources import result_of, source_of
from ima_tui.workflow.status import UNWRITTEN, Lists, price_step
from ima_tui.workflow.steps import Workflow, WorkflowStep, check

TITLE = 80
_SHAPE = "aspect_ratio"
_INHERITED = (_SHAPE,)
"""A first frame with another aspect ratio than its video would be cropped."""
_PIECE_EN = ", part {} of {}: same style, key and tempo throughout"
_PIECE_ZH = "，共{1}段的第{0}段，风格、调性和速度保持一致"


def build(
    shared: Shared, lists: Lists, preferred: Mapping[TaskType, str], workflow_id: str, prompt: str
) -> Workflow:
    """Build the workflow, each step bound to a live model and priced.

    Raises `UsageError` where nothing in the prompt can be made, or a list has no models.
    """
    if not shared.shares:
        raise UsageError("error.plan_nothing")
    builder = Builder(shared, lists, preferred, prompt)
    steps = tuple(builder.steps())
    unmet = tuple(dict.fromkeys(builder.unmet))
    workflow = Workflow(
        workflow_id,
        encodable(clean(prompt)).strip(),
        steps,
        unmet=unmet,
        finish=tuple(builder.finish),
    )
    check(workflow)
    return workflow


@dataclass(eq=False)
class Builder:
    """Turns the shares of a prompt into steps, one by one."""

    _shared: Shared
    _lists: Lists
    _preferred: Mapping[TaskType, str]
    _whole_prompt: str

    def __post_init__(self) -> None:
        self._steps: list[WorkflowStep] = []
        self._made: dict[int, int] = {}
        """The step of each share, by the share's index."""
        self._seconds = 0.0
        self.unmet: list[tuple[int, Unmet]] = []
        self.finish: list[Finish] = []
        self._visual = [s for s in self._shared.shares if _is_visual(s.task_type)]

    def steps(self) -> list[WorkflowStep]:
        """Return the steps of all shares."""
        for place, share in enumerate(self._shared.shares):
            share = replace(share, params=self._params(place, share))
            if share.task_type.medium is Medium.IMAGE:
                self._made[place] = self._pictures(share)
            elif share.task_type.medium is Medium.VIDEO:
                self._made[place] = self._films(share)
            else:
                self._made[place] = self._sound(share)
        return self._steps

    # -------------------------------------------------------------------------- the patterns

    def _pictures(self, share: Share) -> int:
        """Add one image; or a master and the images made from it."""
        shared = self._shared
        films = any(each.task_type.medium is Medium.VIDEO for each in shared.shares)
        own = self._own_inputs(share)
        count = _count(share.params)
        together = shared.one_subject and not films and (shared.scenes or count > 1)
        if not together:
            return self.add(share, self._prompt(share), own)
        alone = replace(share, params=_without(share.params, "n"))
        words, source, master = self._prompt(share), own, 0
        if not source:  # given images already show the subject
            master = self.add(alone, words, (), title=say("workflow.title_master"))
            source = (source_of(master),)
        made_of = replace(alone, task_type=TaskType.IMAGE_TO_IMAGE)
        for scene in shared.scenes:
            self.add(made_of, _told_of(scene, words), source, title=scene)
        if not shared.scenes:
            rest = Parameter("n", count - 1 if master else count)
            more = replace(made_of, params=(*alone.params, rest))
            self.add(more, words, source, title=say("workflow.title_more"))
        return master or self._steps[-1].id

    def _films(self, share: Share) -> int:
        """Add one video, or one per scene; from an image where there is one, or should be."""
        shared = self._shared
        source = self._own_inputs(share)
        if share.uses is not None:
            source = (source_of(self._made[share.uses]),)
        words = self._prompt(share)
        if not source and shared.one_subject and share.task_type is TaskType.TEXT_TO_VIDEO:
            master = Share(TaskType.TEXT_TO_IMAGE, share.words, params=share.params)
            kept = replace(master, params=_only(share.params, *_INHERITED))
            subject = self._subject() or words
            first = self.add(kept, subject, (), title=say("workflow.title_master"))
            source = (source_of(first),)
        if source and share.task_type is TaskType.TEXT_TO_VIDEO:
            share = self._of_a_picture(share)
        if not shared.scenes:
            return self.add(share, words, source)
        for scene in shared.scenes:
            made = self.add(share, _told_of(scene, self._subject() or words), source, title=scene)
        return made

    def _sound(self, share: Share) -> int:
        """Add music or speech, after the visuals and as long as they are."""
        after = next((s.id for s in reversed(self._steps) if _is_visual(s.task_type)), 0)
        if share.task_type is TaskType.TEXT_TO_SPEECH:
            words = "" if share.bare else share.words  # a request for a voice is not its text
            return self.add(share, words, (), after=after)
        words = self._prompt(share)
        films = any(each.task_type.medium is Medium.VIDEO for each in self._visual)
        if not films and (asked := _music_length(share.words)):
            return self._long_music(share, words, asked, after)
        if self._seconds:
            words += lasting(self._seconds, chinese=has_chinese(words))
        return self.add(share, words, (), after=after)

    def _long_music(self, share: Share, words: str, asked: tuple[float, str], after: int) -> int:
        """Add as many pieces as fill the length, to be joined; no model makes music of a length."""
        seconds, told = asked
        model = self.model(share, ())
        count = music_pieces(seconds, model.model_id)
        if not count:
            step = self.add(share, words, (), after=after)
            unmet = Unmet("duration", told, "", confirmation.Why.SETTING, model.name)
            self.unmet.append((step, unmet))
            return step
        bare = _without_length(words, told)
        found = [
            self.add(share, _piece(bare, place, count), (), title=title, after=after)
            for place in range(1, count + 1)
            for title in (f"{one_line(bare, TITLE - 8)} {place}/{count}" if count > 1 else bare,)
        ]
        self.finish.append(Join(tuple(found), seconds))
        return found[0]

    # ------------------------------------------------------------------------------ the words

    def _subject(self) -> str:
        """Return the common subject: the text before a colon, else the first share with content."""
        if self._shared.about:
            return self._shared.about
        telling = [share.words for share in self._visual if not share.bare]
        return next(iter(telling or [share.words for share in self._visual]), "")

    def _prompt(self, share: Share) -> str:
        """Return the share's own text; with the subject where it only names the medium."""
        subject = self._subject()
        told = share.words == subject or not subject
        if told or not (share.bare or self._shared.about):
            return share.words
        return _told_of(share.words, subject)

    # ------------------------------------------------------------------------------- the parts

    def _params(self, place: int, share: Share) -> tuple[Parameter, ...]:
        """Return its own parameters, plus the aspect ratio shared with its source image."""
        if not _is_visual(share.task_type):
            return share.params
        told = {param.name for param in share.params}
        kin = [
            other
            for at, other in enumerate(self._shared.shares)
            if share.uses == at or other.uses == place
        ]
        more = {
            param.name: param
            for other in kin
            for param in other.params
            if param.name in _INHERITED and param.name not in told
        }
        return (*share.params, *more.values())

    def _own_inputs(self, share: Share) -> tuple[str, ...]:
        if share.uses is not None or not share.task_type.takes_inputs:
            return ()
        intent = self._shared.intent
        roles = intent.roles
        places = [p for p in (roles.first_frame, roles.last_frame) if p is not None]
        places += [*roles.source, *roles.reference]
        found = places or list(range(len(intent.inputs)))
        return tuple(intent.inputs[p] for p in found if p < len(intent.inputs))

    @property
    def made(self) -> list[WorkflowStep]:
        """The steps added so far."""
        return self._steps

    def _of_a_picture(self, share: Share) -> Share:
        """Return the share as image-to-video from a first frame.

        Some models have another id for that.
        """
        task_type = TaskType.IMAGE_TO_VIDEO
        known = [model.model_id for model in self._lists.get(task_type, ())]
        model_id = share.model_id
        if model_id and model_id not in known:
            model_id = next(iter(nearest(model_id, known, 1)), model_id)
        return replace(share, task_type=task_type, model_id=model_id)

    def add(
        self, share: Share, prompt: str, inputs: tuple[str, ...], *, title: str = "", after: int = 0
    ) -> int:
        """Add one step with the share's model and parameters, priced; returns its id."""
        model = self.model(share, inputs)
        params = _without(share.params, _SHAPE) if _follows(model, inputs) else share.params
        fits = apply_intent.fitted(model, params)
        chosen = {fit.name: fit.value for fit in reversed(tuple(fits.values()))}
        if share.task_type is TaskType.TEXT_TO_MUSIC:
            chosen |= _song(model, params, prompt)
            prompt = song_prompt(prompt, model, params, read_song(prompt).description)
        count = chosen.pop(COUNT, form.counts(model)[0])
        step = WorkflowStep(
            id=len(self._steps) + 1,
            title=one_line(title or share.words, TITLE),
            task_type=share.task_type,
            model_id=model.model_id,
            version=model.version,
            model_name=model.name,
            prompt=encodable(clean(prompt)).strip(),
            chosen=tuple(chosen.items()),
            n=int(count),
            inputs=inputs,
            after=after,
        )
        self._confirm(step, model, share, params)
        step = price_step(_settled(step, model), self._lists).step
        self._steps.append(step)
        if share.task_type.medium is Medium.VIDEO:
            self._seconds += _seconds(model, step.chosen)
        return step.id

    def _confirm(
        self, step: WorkflowStep, model: ModelVersion, share: Share, params: Sequence[Parameter]
    ) -> None:
        """Note what the step does differently from the request."""
        whole = self._shared.intent
        intent = confirmation.of_share(whole, share.task_type, params)
        first = not self._steps
        told = {each for _, unmet in self.unmet for each in (unmet.model_id,)}
        misplaced = (each for each in whole.misplaced if each.medium is not share.task_type.medium)
        intent = replace(
            intent,
            model_id=share.model_id,
            reason=Reason.REQUEST if share.model_id else None,
            absent=whole.absent if first else (),
            misplaced=tuple(each for each in misplaced if each.model_id not in told),
        )
        found = confirmation.check(self._whole_prompt, intent, model, step.draft(UNWRITTEN))
        crop = self._crop(step, share)
        left = [each for each in found.unmet if not (crop and each.name == _SHAPE)]
        follows = not apply_intent.has(model, _SHAPE)  # the picture that it is made of
        if crop is not None and (follows or len(left) < len(found.unmet)):
            self.finish.append(crop)
        self.unmet += [(step.id, each) for each in left]

    def _crop(self, step: WorkflowStep, share: Share) -> Crop | None:
        """Return the crop to proportions that no model makes."""
        asked = next((param.value for param in share.params if param.name == _SHAPE), "")
        ratio = finishing.odd_ratio(str(asked)) if _is_visual(step.task_type) else None
        return Crop((step.id,), ratio) if ratio else None

    def model(self, share: Share, inputs: Sequence[str]) -> ModelVersion:
        """Return the named model, else the preferred, else the default one."""
        task_type = share.task_type
        models = self._lists.get(task_type, ())
        preference = self._shared.intent.preference
        clears = preference is not None and preference.action is PreferenceAction.CLEAR
        preferred = "" if clears else self._preferred.get(task_type, "")
        if share.model_id:
            model, _ = binding.version_for(models, task_type, share.model_id, share.version)
            if model is not None:
                return model
        model = choice.default_model(order.taking(models, inputs), task_type, preferred)
        if model is None:
            raise UsageError("error.no_models")
        return model


def lasting(seconds: float, *, chinese: bool) -> str:
    """Return words for a length: no music model has a parameter for it, so the prompt says it."""
    return f"，约{seconds:g}秒" if chinese else f", about {seconds:g} seconds long"


def _music_length(words: str) -> tuple[float, str] | None:
    """Return the seconds that a request for music names, and the words that say so."""
    intent = by_rules(words)
    limits = [each for each in intent.limits if each.code == "music_duration" and each.param]
    if not limits or limits[0].param is None:
        return None
    spans = intent.spans("unsupported")
    told = words[slice(*spans[intent.limits.index(limits[0])])] if spans else ""
    return float(str(limits[0].param.value)), told


def _without_length(words: str, told: str) -> str:
    """Return a prompt for music without the length, which would only irritate the model."""
    gap = "" if has_chinese(told) else " "
    bare = words.replace(f"{told}的", gap).replace(told, gap)
    bare = re.sub(r"\s{2,}", " ", bare).strip(" ,，")
    return re.sub(r"^(?:of\s+|的)", "", bare, flags=re.IGNORECASE) or words


def _piece(words: str, place: int, count: int) -> str:
    """Return the prompt of one of several pieces that have to fit each other."""
    if count == 1:
        return words
    form = _PIECE_ZH if has_chinese(words) else _PIECE_EN
    return words + form.format(place, count)


def _settled(step: WorkflowStep, model: ModelVersion) -> WorkflowStep:
    """Set the values that the price rule would change, so that the workflow states what is sent."""
    try:
        _, quote = order.place(model, step.draft(UNWRITTEN))
        wanted = dict(form.accept(model, each.name, each.becomes) for each in quote.changes)
    except UsageError:
        return step  # reported when it is priced
    return replace(step, chosen=tuple({**dict(step.chosen), **wanted}.items()))


def _follows(model: ModelVersion, inputs: Sequence[str]) -> bool:
    """Tell whether the model uses the aspect ratio of its input image."""
    made = any(result_of(source) for source in inputs)
    return made and model.task_type.medium is Medium.VIDEO and not apply_intent.has(model, _SHAPE)


def _song(model: ModelVersion, params: Sequence[Parameter], words: str) -> dict[str, Value]:
    song = read_song(words)
    lyrics = next((param.value for param in params if param.name == LYRICS), None)
    return dict(song_settings(model, lyrics, song.description, song.style))


def _is_visual(task_type: TaskType) -> bool:
    return task_type.medium in (Medium.IMAGE, Medium.VIDEO)


def _count(params: Sequence[Parameter]) -> int:
    found = next((param.value for param in params if param.name == "n"), 1)
    return found if isinstance(found, int) else 1


def _without(params: Sequence[Parameter], name: str) -> tuple[Parameter, ...]:
    return tuple(param for param in params if param.name != name)


def _only(params: Sequence[Parameter], *names: str) -> tuple[Parameter, ...]:
    return tuple(param for param in params if param.name in names)


def _told_of(words: str, subject: str) -> str:
    return f"{words}：{subject}" if has_chinese(words) else f"{words}: {subject}"


def _seconds(model: ModelVersion, chosen: Sequence[tuple[str, Value]]) -> float:
    """Return a video's length in seconds, 0 where unknown."""
    try:
        return float(form.shown(model, dict(chosen)).get("duration", 0))
    except (UsageError, ValueError):
        return 0.0
