"""Which of the eight task types a wish is, from its medium and the pictures at hand; or what has
to be asked first: what the pictures are for, or where they are.
"""

from __future__ import annotations

from ima_tui.catalogue import order
from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent import missing, workflow
from ima_tui.intent.content import ContentKind
from ima_tui.intent.inputs import InputRoles, Inputs, roles_for_frames
from ima_tui.intent.intent import Roles
from ima_tui.intent.kinds import IntentQuestion
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Item, Scan


class Tasks:
    """One text's media and pictures, on the way to a task type."""

    def __init__(self, scan: Scan, inputs: Inputs, asked: MediaRequest) -> None:
        self._scan = scan
        self._inputs = inputs
        self._asked = asked

    def read(self, told: InputRoles) -> tuple[TaskType | None, IntentQuestion | None, Roles]:
        """(task type, what has to be asked, roles of the pictures)."""
        asked, count = self._asked, len(self._inputs.sources)
        if not asked.wants:
            alters = not count and missing.alters(self._scan.text[: asked.spoken_from])
            question = IntentQuestion.MISSING_INPUT if alters else IntentQuestion.MEDIA_TYPE
            return None, question, Roles()
        if len(asked.wants) > 1:
            return None, self._missing(told), self._workflow_roles(count)
        medium = asked.media[0]
        if medium is Medium.VIDEO:
            return self._video(told)
        if medium is Medium.IMAGE:
            return self._image(told)
        return workflow.from_text(medium), None, Roles()

    def _missing(self, told: InputRoles) -> IntentQuestion | None:
        """An input is spoken of and none is there. A later step may use an earlier one's."""
        if self._inputs.sources:
            return None
        first = self._asked.wants[0]
        pointed = any(reading.existing is not None for reading in self._asked.readings)
        pointed = pointed or any(s.kind is ContentKind.OTHER for s in self._scan.content.sources)
        if first.medium in (Medium.MUSIC, Medium.SPEECH):
            return None
        made = first.asked and not (first.works_on or first.edit)
        heard = self._scan.text[: self._asked.spoken_from]
        if missing.speaks_of_input(heard, first.start if made else len(heard)):
            return IntentQuestion.MISSING_INPUT
        if not pointed and self._described_before(first.start):
            return None  # "a dog surfing, make it a video": it is what was described
        if not pointed and self._described_behind(first.clause):
            return None  # 请做成一张海报：秋天的森林
        needs = first.works_on or first.edit or (told.reference and pointed)
        return IntentQuestion.MISSING_INPUT if needs else None

    def _described_before(self, start: int) -> bool:
        told = [i for c in self._scan.clauses for i in c.items if i.start < start]
        return sum(max(1, i.end - i.start) for i in told if describes(i)) >= 3

    def _described_behind(self, clause: int) -> bool:
        """A description stands behind the colon that ends the clause."""
        if clause >= len(self._scan.clauses):
            return False
        rest = self._scan.clauses[clause + 1 :]
        told = [item for each in rest for item in each.items if describes(item)]
        return self._scan.clauses[clause].before == ":" and len(told) >= 2

    def _workflow_roles(self, count: int) -> Roles:
        first = self._asked.wants[0]
        takes = count > 0 and first.medium in (Medium.IMAGE, Medium.VIDEO)
        return Roles(source=tuple(range(count))) if takes else Roles()

    def _video(self, told: InputRoles) -> tuple[TaskType | None, IntentQuestion | None, Roles]:
        count = len(self._inputs.sources)
        frames = told.frames or told.roles.first_frame is not None
        frames = frames or told.roles.last_frame is not None
        if count == 0:
            pointed = any(reading.existing is not None for reading in self._asked.readings)
            spoken_of = told.roles.first_frame is not None or told.roles.last_frame is not None
            task_named = self._task_named(TaskType.FIRST_LAST_FRAME) or self._task_named(
                TaskType.IMAGE_TO_VIDEO
            )
            spoken_of = spoken_of or self._reference_named() or self._frames_pointed_at()
            if self._missing(told) or spoken_of or task_named or (pointed and frames):
                return None, IntentQuestion.MISSING_INPUT, Roles()
            return TaskType.TEXT_TO_VIDEO, None, Roles()
        if self._inputs.has_media:  # only references may be videos and sounds
            if not self._asked.explicit:  # "extend clip.mp4": nobody does that in one job
                return None, IntentQuestion.MEDIA_TYPE, Roles()
            return TaskType.REFERENCE_TO_VIDEO, None, Roles(reference=tuple(range(count)))
        if frames and count >= 2:
            settled = roles_for_frames(told, count)
            if settled is None:
                return None, IntentQuestion.IMAGE_ROLES, Roles()
            return TaskType.FIRST_LAST_FRAME, None, settled
        if told.reference:
            places = told.roles.reference or tuple(range(count))
            return (
                TaskType.REFERENCE_TO_VIDEO,
                None,
                Roles(
                    reference=tuple(range(count))
                    if len(places) < count and not told.roles.source
                    else places
                ),
            )
        if count == 1:
            if frames and told.first and told.last:
                return None, IntentQuestion.MISSING_INPUT, Roles()
            return TaskType.IMAGE_TO_VIDEO, None, Roles(source=(0,))
        if told.roles.source:
            return TaskType.IMAGE_TO_VIDEO, None, Roles(source=told.roles.source)
        mentioned = tuple(sorted(place for place in told.mentioned if place < count))
        if len(mentioned) == 1:
            return TaskType.IMAGE_TO_VIDEO, None, Roles(source=mentioned)
        if told.parted:
            every = mentioned or tuple(range(count))
            return TaskType.REFERENCE_TO_VIDEO, None, Roles(reference=every)
        return None, IntentQuestion.IMAGE_ROLES, Roles()

    def _frames_pointed_at(self) -> bool:
        """首帧是这张: a frame that should be there, and not what is to be seen in it."""
        return any(
            item.phrase in _POINTED
            and any(each.has("first", "first.last") for each in clause.items)
            for clause in self._scan.clauses
            for item in clause.items
        )

    def _reference_named(self) -> bool:
        """ "the reference image", 参考图: a picture that should be there."""
        return any(
            item.has("reference") and ("image" in item.phrase or item.phrase.endswith("图"))
            for clause in self._scan.clauses
            for item in clause.items
        )

    def _task_named(self, task_type: TaskType) -> bool:
        return any(
            item.under("task") == task_type.value
            for clause in self._scan.clauses
            for item in clause.items
        )

    def _image(self, told: InputRoles) -> tuple[TaskType | None, IntentQuestion | None, Roles]:
        count = len(self._inputs.sources)
        unsaid = not self._asked.explicit  # what is said is checked with the file, by its name
        if unsaid and count and all(map(order.is_media, self._inputs.sources)):
            return None, IntentQuestion.MEDIA_TYPE, Roles()  # no picture is made of a video
        if count == 0:
            named = self._task_named(TaskType.IMAGE_TO_IMAGE)
            if self._missing(told) or named:
                return None, IntentQuestion.MISSING_INPUT, Roles()
            return TaskType.TEXT_TO_IMAGE, None, Roles()
        reference = told.roles.reference
        source = told.roles.source or tuple(i for i in range(count) if i not in reference)
        if told.reference and not reference:
            source, reference = (
                told.roles.source,
                tuple(i for i in range(count) if i not in told.roles.source),
            )
        return TaskType.IMAGE_TO_IMAGE, None, Roles(source=source, reference=reference)


_POINTED = frozenset({"这张", "那张", "这幅", "那幅", "这个", "那个", "this", "that"})


def roles_of(task_type: TaskType, told: InputRoles, count: int) -> Roles:
    """What `count` pictures are for where the task type is settled; in order, if nothing says
    otherwise."""
    every = tuple(range(count))
    if task_type is TaskType.FIRST_LAST_FRAME:
        in_order = Roles(first_frame=0, last_frame=1) if count == 2 else Roles()
        return roles_for_frames(told, count) or in_order
    if task_type is TaskType.REFERENCE_TO_VIDEO:
        return Roles(reference=every)
    return Roles(source=every) if task_type.takes_inputs else Roles()


def describes(item: Item) -> bool:
    """A word of content: nothing the grammar knows, and no particle."""
    return not item.tags and item.phrase not in _PARTICLES and item.phrase[0].isalnum()


_PARTICLES = frozenset(
    (
        *("的", "了", "吧", "都", "就", "是", "我", "时", "候", "所", "有"),
        *("the", "my", "all", "i", "ll", "i'll", "will", "be", "when", "you"),
    )
)
