"""One text on its way to an intent: every part is read, and told in the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from ima_tui.catalogue import choice, order
from ima_tui.catalogue.choice import Reason
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.intent import (
    binding,
    commands,
    limits,
    models,
    numerals,
    parameters,
    preference_phrases,
    questions,
    tasks,
)
from ima_tui.intent.inputs import Inputs, read_roles
from ima_tui.intent.intent import (
    Evidence,
    Intent,
    IntentAlternative,
    IntentStep,
    Parameter,
    PreferencePhrase,
    Roles,
)
from ima_tui.intent.kinds import IntentQuestion, PreferenceAction, RequestKind
from ima_tui.intent.limits import Impossible, inapplicable
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.models import Known, ModelChoice
from ima_tui.intent.parameters import Findings
from ima_tui.intent.preference_phrases import PreferenceRequest, TierPhrase
from ima_tui.intent.scan import Scan
from ima_tui.intent.song import Song, read_song
from ima_tui.intent.sound_parameters import to_be_spoken
from ima_tui.intent.tasks import Tasks, describes, roles_of
from ima_tui.intent.wants import Want

_WORD = re.compile(r"[^\W\d_\u4e00-\u9fff]+|[\u4e00-\u9fff]{1,2}")
_BRIEF = 45
"""Words (Chinese: characters) from which a text is a brief."""
_MOVED = frozenset({"put", "place", "paste", "swap", "copy", "move", "transfer", "add"})
"""Something goes from one picture into another: no first and last frame."""
_SUBJECT = 4
"""Words (Chinese: pairs of characters) that only name a subject."""


class Router:
    """One text on its way to an intent; every method adds one part and its evidence."""

    def __init__(self, read: Scan, inputs: Inputs, asked: MediaRequest, known: Known) -> None:
        self._scan = read
        self._inputs = inputs
        self._asked = self._said = asked
        self._known = known
        self._evidence: list[Evidence] = []
        self._alternatives: list[IntentAlternative] = []
        self._open = False
        self._set: list[tuple[int, int]] = []

    def decide(self) -> Intent:
        """Read everything, and put it together."""
        asked = self._asked
        told = read_roles(self._scan, self._inputs, asked)
        self._open = self._known.assumed is None and questions.is_undecided(self._scan)
        if self._open:
            asked = self._asked = replace(asked, wants=())
        if self._known.settled is not None:
            asked = self._asked = _only(asked, self._known.settled.medium)
        altered = not asked.made and all(w.works_on or not w.asked for w in asked.wants)
        altered = altered and not any(r.edit and r.edit.phrase in _MOVED for r in asked.readings)
        if altered and told.frames and len(self._inputs.sources) > 1:
            first = told.places[0]
            want = Want(Medium.VIDEO, *first, works_on=True, phrase=first)
            asked = self._asked = replace(asked, wants=(want,))
        elif not asked.wants and told.by_style and len(self._inputs.sources) > 1:
            place = told.places[0]
            want = Want(Medium.IMAGE, *place, works_on=True, edit=True, phrase=place)
            asked = self._asked = replace(asked, wants=(want,))
        if self._known.assumed is not None:
            asked = self._asked = _only(asked, self._known.assumed)
        task_type, question, roles = Tasks(self._scan, self._inputs, asked).read(told)
        count = len(self._inputs.sources)
        known = self._known.task_type(count)
        if known is not None and task_type is not known:
            roles = roles_of(known, told, count)
            task_type, question = known, None
        elif self._known.assumed is not None and question is IntentQuestion.MISSING_INPUT:
            task_type, question = tasks.from_text(self._known.assumed), None
        steps = tasks.plan(asked, self._inputs)
        kind = self._kind(question)
        medium = (
            None if question is IntentQuestion.MEDIA_TYPE or not asked.wants else asked.media[0]
        )
        if kind is RequestKind.WORKFLOW:
            task_type = None
        for want in asked.wants:
            if want.start < want.end:
                self._tell("media", want.start, want.end)
        if roles:
            for place in told.places:
                self._tell("images_role", *place)
        findings = parameters.read_parameters(self._scan, asked)
        told_so = (*findings.params, findings.ratio, findings.length)
        self._set = [(each.start, each.end) for each in told_so if each is not None]
        tier = preference_phrases.read_tier(self._scan, asked)
        chosen = self._models(steps, task_type, tier)
        preference = preference_phrases.read_preference(
            self._scan, asked, len(self._inputs.sources), self._known.label == "preference"
        )
        if preference is not None and self._only_preference(preference):
            kind, question, task_type, roles = RequestKind.PREFERENCE, None, None, Roles()
            medium = medium or preference.medium
        return self._intent(
            kind, medium, task_type, question, roles, steps, findings, tier, chosen, preference
        )

    def _length(self) -> int:
        """Words (Chinese: characters), those in quotes among them."""
        quoted = sum(end - start for start, end in self._scan.content.quotes)
        dense = any(clause.chinese for clause in self._scan.clauses)
        return len(self._scan.tokens.words) + quoted // (1 if dense else 6)

    # ------------------------------------------------------------------------- kind and task

    def _kind(self, question: IntentQuestion | None) -> RequestKind:
        if question is not None:
            return RequestKind.CLARIFY
        return RequestKind.WORKFLOW if len(self._asked.wants) > 1 else RequestKind.SINGLE

    # -------------------------------------------------------------------------------- models

    def _models(
        self,
        steps: tuple[tuple[TaskType, int | None], ...],
        task_type: TaskType | None,
        tier: TierPhrase | None,
    ) -> dict[Medium | None, ModelChoice]:
        """The model for each medium asked for; under None the one of a bare name."""
        chosen: dict[Medium | None, ModelChoice] = {}
        for want, (step_type, _) in zip(self._asked.wants, steps, strict=True):
            of_step = task_type or step_type
            model = self._model(want.medium, of_step, tier)
            if model is not None:
                chosen[want.medium] = model
        if not self._asked.wants:
            named = models.named_model(self._scan, self._asked, None)
            if named is not None:
                chosen[None] = models.model_of(named, None)
        for model in chosen.values():
            self._alternatives.extend(model.alternatives)
        return chosen

    def _model(
        self, medium: Medium | None, task_type: TaskType, tier: TierPhrase | None
    ) -> ModelChoice | None:
        named = models.named_model(self._scan, self._asked, medium)
        if named is not None:
            model = models.model_of(named, task_type)
            self._tell("model", model.start, model.end)
            return model
        if tier is not None:
            found = models.tier_model(tier, task_type, self._is_song())
            if found is not None:
                return found
        if medium is Medium.MUSIC:
            background = models.background_music(self._scan, self._asked)
            if background is not None:
                self._tell("model", background.start, background.end)
            return background
        return None

    def _is_song(self) -> bool:
        want = self._asked.want(Medium.MUSIC)
        return want is not None and any(
            word in self._scan.text[want.start : want.end] for word in ("歌", "song")
        )

    def _only_preference(self, preference: PreferenceRequest) -> bool:
        """Nothing is to be made: no medium, or a medium only as what the request is about."""
        if preference.pure or not self._said.wants:
            return True
        if not preference.is_lasting or self._inputs.sources:
            return False
        clause = next(c for c in self._scan.clauses if c.start <= preference.start < c.end)
        if preference.action is PreferenceAction.CLEAR and any(
            want.asked for want in self._said.wants
        ):
            return False
        if any(want.clause != clause.index and want.asked for want in self._said.wants):
            return False
        return not any(describes(item) for c in self._scan.clauses for item in c.items)

    # ------------------------------------------------------------------------------ together

    def _intent(
        self,
        kind: RequestKind,
        medium: Medium | None,
        task_type: TaskType | None,
        question: IntentQuestion | None,
        roles: Roles,
        steps: tuple[tuple[TaskType, int | None], ...],
        findings: Findings,
        tier: TierPhrase | None,
        chosen: dict[Medium | None, ModelChoice],
        preference: PreferenceRequest | None,
    ) -> Intent:
        model = chosen.get(medium) or chosen.get(None)
        ids = {each: found.model_id for each, found in chosen.items() if each is not None}
        impossible = limits.find_limits(findings, self._asked.media, ids)
        for each in impossible:
            self._tell("unsupported", each.start, each.end)
        if tier is not None:
            self._tell("tier", tier.start, tier.end)
        song = read_song(self._scan.plain.original) if medium is Medium.MUSIC else None
        params = (*self._params(findings, impossible, model), *self._sung(song))
        self._offer_alternatives(kind, medium)
        version = model.version if model else ""
        intent = Intent(
            kind=kind,
            medium=medium,
            task_type=task_type,
            question=question,
            guessed=self._asked.guessed,
            explicit=self._asked.explicit,
            asked=bool(self._asked.wants) and self._asked.wants[0].asked,
            brief=self._asked.implied or self._length() > _BRIEF,
            steps=self._steps(steps, params, chosen) if kind is RequestKind.WORKFLOW else (),
            model_id=model.model_id if model else "",
            version=version,
            picks=model is not None and model.picked,
            reason=_reason(model),
            tier=tier.tier if tier else None,
            params=params,
            inapplicable=tuple(self._inapplicable()) if kind is RequestKind.SINGLE else (),
            preference=self._preference(preference, task_type, medium),
            limits=tuple(each.limit for each in impossible),
            roles=roles,
            inputs=self._inputs.sources,
            spoken=to_be_spoken(self._scan, self._asked),
            description=song.description if song else "",
            style=song.style if song else "",
            alternatives=tuple(dict.fromkeys(self._alternatives)),
            absent=models.absent_names(self._scan, self._asked),
            misplaced=models.misplaced(self._scan, self._asked),
        )
        return self._bound(intent)

    def _bound(self, intent: Intent) -> Intent:
        """With the live model, where there is a catalogue and a single task."""
        evidence = tuple(dict.fromkeys(self._evidence))
        told = (*evidence, *_figures(replace(intent, evidence=evidence)))
        found = commands.find_commands(self._scan, told, self._asked.spoken_from)
        sent = commands.without(self._scan.plain.original, found)
        bare = sum(1 for _ in islice(_WORD.finditer(self._subject()), _SUBJECT + 1)) <= _SUBJECT
        bare = bare or self._open or (not self._asked.wants and self._asked.sound is not None)
        vague = questions.is_vague(self._scan)
        intent = replace(intent, evidence=evidence, commands=found, bare=bare, vague=vague)
        if intent.description and found:
            song = read_song(sent)
            intent = replace(intent, description=song.description, style=song.style)
        model_versions = self._known.catalogue.get(intent.task_type, ()) if intent.task_type else ()
        if not model_versions or intent.task_type is None:
            return intent
        model_version, reason, kin = self._live_model(intent, intent.task_type, model_versions)
        if model_version is None:
            others = tuple(IntentAlternative("model", model_id) for model_id in kin)
            return replace(
                intent,
                absent=(*intent.absent, intent.model_id),
                alternatives=tuple(dict.fromkeys((*intent.alternatives, *others))),
            )
        bound, refused = binding.bind(model_version, intent.params)
        return replace(
            intent,
            model=model_version,
            reason=reason,
            bound=bound,
            refused=refused,
        )

    def _subject(self) -> str:
        """The text without the words that set a parameter."""
        text = self._scan.text
        for start, end in sorted(self._set, reverse=True):
            text = f"{text[:start]} {text[end:]}"
        return text

    def _live_model(
        self, intent: Intent, task_type: TaskType, model_versions: Sequence[ModelVersion]
    ) -> tuple[ModelVersion | None, Reason | None, tuple[str, ...]]:
        """(the model, why it serves, kin of a model that is not there): what the text names or its
        tier stands for, else the order of choice. What is to be forgotten does not choose."""
        if intent.model_id:
            model_version, kin = binding.version_for(
                model_versions, task_type, intent.model_id, intent.version
            )
            if model_version is not None or intent.reason is Reason.REQUEST:
                return (
                    model_version,
                    intent.reason,
                    kin,
                )  # what was named is not replaced by a guess
        called = [
            model_version
            for model_version in model_versions
            if any(choice.is_called(model_version, n) for n in intent.absent)
        ]
        if called:
            return choice.newest(called), Reason.REQUEST, ()
        preference = intent.preference
        forgets = preference is not None and preference.action is PreferenceAction.CLEAR
        preferred = "" if forgets else self._known.preferred.get(task_type, "")
        recommended = self._known.recommended.get(task_type, "")
        taking = order.taking(model_versions, intent.inputs)
        served = choice.serving(taking, task_type, preferred, recommended)
        return (*served, ()) if served is not None else (None, None, ())

    def _params(
        self, findings: Findings, impossible: tuple[Impossible, ...], model: ModelChoice | None
    ) -> tuple[Parameter, ...]:
        """The parameters that can be had, each told in the evidence."""
        codes = {each.limit.code for each in impossible}
        found = list(findings.params)
        visual = set(self._asked.media) & {Medium.IMAGE, Medium.VIDEO}
        if findings.ratio and visual and not codes & {"aspect_ratio_custom", "model_aspect_ratio"}:
            found.append(findings.ratio)
        params: list[Parameter] = []
        if findings.length and not codes & {"video_too_long", "music_duration"}:
            length = findings.length
            params.append(Parameter("duration", numerals.plain(length.seconds)))
            self._tell("params.duration", length.start, length.end)
        for each in found:
            if each.name == "audio" and "audio_unsupported_model" in codes:
                continue
            params.append(Parameter(each.name, each.value))
            self._tell(f"params.{each.name}", each.start, each.end)
        if model is not None and model.field is not None:
            params.append(Parameter(*model.field))
            self._tell(f"params.{model.field[0]}", model.start, model.end)
        return tuple(params)

    def _inapplicable(self) -> Iterator[Parameter]:
        """What the medium has no setting for, told in the evidence."""
        for each in inapplicable(self._scan, self._asked):
            self._tell(f"params.{each.name}", each.start, each.end)
            yield Parameter(each.name, each.value)

    def _sung(self, song: Song | None) -> Iterator[Parameter]:
        """Lyrics and title, told in the evidence."""
        for param, span in song.parameters(self._scan.plain.original) if song else ():
            self._evidence.append(Evidence(f"params.{param.name}", span))
            yield param

    def _steps(
        self,
        steps: tuple[tuple[TaskType, int | None], ...],
        params: tuple[Parameter, ...],
        chosen: dict[Medium | None, ModelChoice],
    ) -> tuple[IntentStep, ...]:
        made: list[IntentStep] = []
        for want, (task_type, uses) in zip(self._asked.wants, steps, strict=True):
            model = chosen.get(want.medium)
            own = tuple(p for p in params if p.name in parameters.OF_MEDIUM[task_type.medium])
            made.append(IntentStep(task_type, model.model_id if model else "", own, uses))
        return tuple(made)

    def _preference(
        self,
        preference: PreferenceRequest | None,
        task_type: TaskType | None,
        medium: Medium | None,
    ) -> PreferencePhrase | None:
        if preference is None:
            return None
        self._tell("preference", preference.start, preference.end)
        if preference.name is None or preference.name.family is None:
            return (
                PreferencePhrase(preference.action)
                if preference.action is PreferenceAction.CLEAR
                else None
            )
        fits = task_type is not None and task_type.medium is preference.name.medium
        plainest = tasks.from_text(preference.name.medium)
        model = models.model_of(preference.name, task_type if fits else plainest)
        return PreferencePhrase(preference.action, model.model_id)

    def _offer_alternatives(self, kind: RequestKind, medium: Medium | None) -> None:
        """Other media that the words mention: the first thing to offer when the reading is off."""
        if kind is RequestKind.CLARIFY and medium is None:
            self._alternatives.extend(IntentAlternative("media", each.value) for each in Medium)
            return
        mentioned = {
            item.under("noun")
            for clause in self._scan.clauses
            for item in clause.items
            if item.start < self._asked.spoken_from
        }
        taken = {each.value for each in self._asked.media}
        self._alternatives.extend(
            IntentAlternative("media", each.value)
            for each in Medium
            if each.value in mentioned and each.value not in taken
        )

    def _tell(self, part: str, start: int, end: int) -> None:
        self._evidence.append(Evidence(part, self._scan.plain.span(start, end)))


def _figures(intent: Intent) -> Iterator[Evidence]:
    """Sizes and shapes that nobody offers: another one is agreed on, and they say nothing more."""
    for name in ("size", "aspect_ratio"):
        if intent.param(name) is None:
            yield from (Evidence(f"params.{name}", s) for s in intent.spans(f"params.{name}"))


def _only(asked: MediaRequest, medium: Medium) -> MediaRequest:
    """Asked for this medium alone, whatever else the words speak of."""
    want = asked.want(medium) or Want(medium, 0, 0)
    return replace(asked, wants=(want,))


def _reason(model: ModelChoice | None) -> Reason | None:
    if model is None or not model.model_id:
        return None
    return Reason.REQUEST if model.named else Reason.TIER
