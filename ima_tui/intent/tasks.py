"""Task type of a request, from its medium and the pictures at hand; the steps of several media.

Or what has to be asked first: what the pictures are for, or where they are. "My selfie", "replace
the text on the sign", 我发的图, 抠图 speak of a picture that should be at hand.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ima_tui.catalogue import order
from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent.content import ContentKind
from ima_tui.intent.inputs import InputRoles, Inputs, roles_for_frames
from ima_tui.intent.intent import Roles
from ima_tui.intent.kinds import IntentQuestion
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Item, Scan
from ima_tui.intent.wants import Want


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
            altering = not count and alters(self._scan.text[: asked.spoken_from])
            question = IntentQuestion.MISSING_INPUT if altering else IntentQuestion.MEDIA_TYPE
            return None, question, Roles()
        if len(asked.wants) > 1:
            return None, self._missing(told), self._workflow_roles(count)
        medium = asked.media[0]
        if medium is Medium.VIDEO:
            return self._video(told)
        if medium is Medium.IMAGE:
            return self._image(told)
        return from_text(medium), None, Roles()

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
        if speaks_of_input(heard, first.start if made else len(heard)):
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


_FROM_TEXT = {
    Medium.IMAGE: TaskType.TEXT_TO_IMAGE,
    Medium.VIDEO: TaskType.TEXT_TO_VIDEO,
    Medium.MUSIC: TaskType.TEXT_TO_MUSIC,
    Medium.SPEECH: TaskType.TEXT_TO_SPEECH,
}


def plan(asked: MediaRequest, inputs: Inputs) -> tuple[tuple[TaskType, int | None], ...]:
    """(task type, the step it is made of), images first, then video, then what sounds."""
    steps: list[tuple[TaskType, int | None]] = []
    image_step: int | None = None
    edited: Want | None = None
    for want in asked.wants:
        if want.medium is None:
            continue
        if want.medium is Medium.VIDEO:
            if edited is not None and want.start > edited.start:
                want = replace(want, works_on=True)  # of the picture as it was altered
            steps.append(_video(want, image_step, inputs))
        elif want.medium is Medium.IMAGE:
            image_step = len(steps)
            edited = want if inputs.sources and want.edit else None
            altered = bool(inputs.sources)  # what is given would be left out otherwise
            steps.append((TaskType.IMAGE_TO_IMAGE if altered else TaskType.TEXT_TO_IMAGE, None))
        else:
            steps.append((_FROM_TEXT[want.medium], None))
    return tuple(steps)


def _video(want: Want, image_step: int | None, inputs: Inputs) -> tuple[TaskType, int | None]:
    if image_step is not None:
        made = want.works_on
        return (TaskType.IMAGE_TO_VIDEO, image_step) if made else (TaskType.TEXT_TO_VIDEO, None)
    if inputs.has_media:
        return (TaskType.REFERENCE_TO_VIDEO, None)
    return (TaskType.IMAGE_TO_VIDEO if inputs.sources else TaskType.TEXT_TO_VIDEO, None)


_COLON = re.compile(r"(?<!\d)[:：](?!//)|[:：](?!//|\s*\d)")
"""Not that of 16:9, 10:30 or an address."""


def behind_heading(text: str) -> int:
    """Where the parts of "a film about a fox: poster, then animate it" begin; 0 where none do."""
    found = _COLON.search(text)
    return found.end() if found is not None and text[found.end() :].strip() else 0


def from_text(medium: Medium) -> TaskType:
    """The task type that makes this medium from text alone."""
    return _FROM_TEXT[medium]


_PICTURE = (
    r"(?:photo(?:graph)?s?|pictures?|images?|pics?|selfies?|screenshots?|snapshots?|scans?|sketch(?:es)?"
    r"|drawings?|paintings?|illustrations?|portrait|headshot)"
)
_NOT_THE_THING = (
    r"(?!\s+(?:apps?|albums?|frames?|booths?|walls?|studios?|gallery|books?|blogs?|shops?|class(?:es)?"
    r"|exhibitions?|website|collections?|editor|contest|business|company|teacher|lessons?|career|day"
    r"|of|for|about)\b)"
)
_POINTED_AT = re.compile(
    r"(?<!about )(?<!for )(?<!like )(?<!of )\b(?:my|this|that|these|those|our|both|attached"
    r"|the (?:attached|uploaded|given|two|first|second|original)"
    rf"|uploaded)\s+(?:\w+\s+){{0,2}}?{_PICTURE}\b{_NOT_THE_THING}"
    rf"|\b(?:{_PICTURE}|see|as|is|are) attach(?:ed|ment)\b|\b(?:in|from) the {_PICTURE}\s*$"
    rf"|\b{_PICTURE} (?:that )?i(?:'ve| have)? (?:just )?"
    r"(?:sent|uploaded|attached|took|drew|shared)\b"
)
_THE = r"(?:the|his|her|its|their|my|this|these|that|it|him|them)"
_ALTERED = re.compile(
    rf"^(?:(?:please|can you|could you|would you|just|now|hey|hi)[ ,]+){{0,3}}(?:"
    rf"(?:remove|erase|replace|swap|blur|unblur|sharpen|brighten|darken|crop|retouch|restore"
    rf"|recolou?r|colou?ri[sz]e|upscale|denoise|clean up|get rid of|take out|fix|change|enhance"
    rf"|animate|relight|cut out|outpaint|inpaint|restyle|touch up)\s+{_THE}\b"
    r"|(?:unblur|upscale|denoise|colou?ri[sz]e|sharpen|retouch|restyle|crop|animate)[ .!]*$"
    r"|(?:bring|get|make) (?:it|her|him|them) (?:in)?to (?:life|move)"
    r"|(?:turn|transform|change|convert|morph) (?:me|us|him|her|it|them)\b(?! (?:on|off|down|up)\b)"
    r"|(?:make|let) (?:me|us) (?:look|appear|seem|younger|older|thinner|taller|bald)\b"
    r"|put (?:me|us|him|her|them)\b)"
)
_POINTED_ZH = re.compile(
    r"附件|附图|见图|(?:我|你)(?:刚)?(?:发|上传|给|拍|画|传)(?:给你)?的(?:那|这)?(?:张|幅|两张)?(?:图|照片|相片|草图|画)"
    r"|(?:我的|这张|那张|这幅|该|原(?!画))(?:自拍|头像|照片|图片|图|草图|线稿|合影|老照片|画)(?!册|展|室|家|框|墙|书|标)"
)
_ALTERED_ZH = re.compile(
    r"(?:把|将)[^,。]{0,8}?(?:图片|图|照片|相片|草图|线稿|自拍|合影|头像)(?!标|书|案)(?:里|中|上)?(?:的)?[^,。]{0,10}?"
    r"(?:换|改|变|转|合成|去掉|去除|加上|修|调|抠|拼|放大|上色|裁|融合|美化|合并)"
    r"|(?:把|将)(?:背景|天空|人物|衣服|头发|脸|水印|他|她|我|它)(?:里的)?[^,。]{0,6}?"
    r"(?:换成|改成|变成|去掉|删掉|P成|p成|P瘦|p瘦|P到|p到|P进|p进|放到|放进|虚化|抠出|做成(?:卡通|动漫))"
    r"|^(?:请|帮我|麻烦|帮忙|给我|能不能|可以)*(?:抠图|去水印|去背景|修图|换脸|换个?背景|照片上色|老照片修复|高清放大|磨皮|扩图)"
    r"(?:一下)?[吧吗。!?]*$"
)
_OWN = re.compile(r"\b(?:my|our|i|i've|attach\w*|uploaded|given)\b|我|你|附")
_READ = 1000
"""Characters in which a picture is looked for."""
_SHORT = 120
"""Characters of a request to alter something: a long text describes what it speaks of."""


def speaks_of_input(text: str, made_from: int) -> bool:
    """Whether the folded `text` points at a picture, or asks to alter what it does not describe.
    What stands behind place `made_from`, where something to make is asked for, may speak of that:
    画一只猫，再把它变成视频."""
    for pattern in (_POINTED_AT, _POINTED_ZH):
        for found in pattern.finditer(text, 0, _READ):
            if found.start() <= made_from or _OWN.search(found.group()):
                return True
    return alters(text, made_from)


def alters(text: str, until: int = _SHORT) -> bool:
    """Whether a short text asks, up to that place, to alter what it does not describe."""
    if len(text) > _SHORT:
        return False
    altered = _ALTERED.search(text) or _ALTERED_ZH.search(text)
    return altered is not None and altered.start() <= until
