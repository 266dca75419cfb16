"""Clauses in Chinese (with whatever English words stand in them).

The head of a noun phrase stands last: 视频会议室的照片 is a 照片. So of the nouns that are neither
negated, pointed at, nor part of a place or purpose, the last one is what is wanted, unless a verb
at the head of the clause (画, 朗读) says it first.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.intent.pointing import (
    is_about_models,
    is_existing,
    is_existing_image,
    is_likened,
    is_purpose,
    is_refused,
    is_relative,
    is_setting,
    modifies,
    pointed_at,
    with_picture,
)
from ima_tui.intent.scan import (
    NAME,
    QUOTE,
    Clause,
    Item,
)
from ima_tui.intent.wants import (
    BOTH,
    SOUND,
    ClauseReading,
    is_noun,
    medium_of,
    names_models,
    speakers,
    want_of,
)

_SOUNDING = frozenset({Medium.MUSIC, Medium.SPEECH})
_ONGOING = frozenset({"在", "正", "会", "爱", "学", "着", "边", "能", "不", "时", "想"})


def read_chinese(clause: Clause) -> ClauseReading:
    """Read one Chinese (or Japanese, or Korean) clause."""
    reading = ClauseReading(clause)
    items = clause.items
    limit = _content_from(items)
    if limit == 0:
        reading.content = True
        reading.existing = pointed_at(items, [n for n in items if is_existing_image(items, n)])
        if items[0].phrase in _ABOUT_VIDEO:
            reading.weak = [want_of(reading, items[0], Medium.VIDEO)]
        return reading
    items = with_picture(items[:limit])
    reading.motion = next((item for item in items if item.has("motion")), None)
    reading.edit = next((item for item in items if "verb.edit" in item.tags), None)
    reading.motion = reading.motion or _made_to_move(reading, items)
    if _is_done(items):
        reading.given = reading.done = True
        return reading
    nouns = [item for item in items if is_noun(item)]
    reading.refused = [noun for noun in nouns if is_refused(items, noun)]
    existing = [n for n in nouns if n not in reading.refused and is_existing(items, n)]
    reading.existing = pointed_at(items, existing)
    if any(item.has("given") for item in items) and not _verb_after_given(items):
        reading.given = True
        return reading
    free = [n for n in nouns if n not in reading.refused and n not in existing]
    settings = [n for n in free if is_setting(items, n) or is_likened(items, n)]
    free = [n for n in free if n not in settings]
    kinds = [n for n in free if names_models(items, items.index(n)) or modifies(items, n)]
    reading.weak = [want_of(reading, noun, medium_of(noun)) for noun in [*kinds, *settings]]
    free = [n for n in free if n not in kinds]
    if is_about_models(items):
        reading.weak += [want_of(reading, noun, medium_of(noun)) for noun in free]
        return reading
    for task in (item for item in items if item.under("task")):
        source, _, made = task.under("task").rpartition("_to_")
        medium = Medium(made)
        if all(want.medium is not medium for want in reading.wants):
            works_on = bool(reading.wants) and "image" in source  # 文生图再图生视频
            reading.wants.append(want_of(reading, task, medium, asked=True, works_on=works_on))
    if reading.wants:
        return reading
    _ask(reading, items, free)
    return reading


def _is_done(items: tuple[Item, ...]) -> bool:
    """我写了首歌, 我们拍好了短片, 配音有了: it is there already."""
    if _READY.search("".join(item.phrase for item in items[-4:])) and not items[0].has("seq"):
        return not any(item.under("verb") == "want" for item in items)
    if items[0].phrase not in _SOMEBODY:
        return False
    verb = next((p for p in range(1, min(4, len(items))) if items[p].under("verb") in _MADE), None)
    return verb is not None and verb + 1 < len(items) and items[verb + 1].phrase[0] in "了好完过"


_READY = re.compile("(?:都|已经|全)?(?:有了|齐了|搞定了?|(?:做|剪|拍|画|写|录|弄)(?:完|好)了?)$")
_SOMEBODY = frozenset({"我", "我们", "咱", "咱们", "他", "她", "他们", "她们"})
_MADE = ("make", "image", "music", "film", "speech")


def _is_label(items: tuple[Item, ...], place: int) -> bool:
    """内容：…, 文案为…; but not 把文案做成…"""
    following = items[place + 1] if place + 1 < len(items) else None
    return place == 0 or following is None or following.has(QUOTE) or following.phrase in "是为"


_ABOUT_VIDEO = frozenset({"视频里", "视频中", "片中", "镜头里"})


def _content_from(items: tuple[Item, ...]) -> int:
    """Where the description of the content begins: 内容是…, 关于… (unless 的 leads to a noun)."""
    for place, item in enumerate(items):
        if item.has("about") or (item.has("label") and _is_label(items, place)):
            if is_relative(items, place):
                continue
            return place
        if item.has("speech_if") and place + 1 == len(items):
            continue  # 用四川话讲：…
        if item.has("about_of") and not _leads_to_noun(items, place):
            return place if place else len(items)
    return len(items)


def _leads_to_noun(items: tuple[Item, ...], at: int) -> bool:
    rest = items[at + 1 :]
    of = any(item.phrase == "的" for item in rest) or (0 < len(rest) <= 2 and is_noun(rest[-1]))
    return of and any(is_noun(item) for item in rest)


def _verb_after_given(items: tuple[Item, ...]) -> bool:
    place = max(i for i, item in enumerate(items) if item.has("given"))
    return any(
        item.under("verb") in ("make", "turn", "image", "speech", "film")
        for item in items[place + 1 :]
    )


# ------------------------------------------------------------------------------------- asking


def _ask(reading: ClauseReading, items: tuple[Item, ...], free: list[Item]) -> None:
    step = reading.clause.after not in ("", ":", ",", "、", ".", "。", "\n", "-", ";", "!", "?")
    asked = step or _is_request(items) or items[-1].under("verb") == "want"
    verb, at = _first_verb(items)
    kind = verb.under("verb") if verb else ""
    head = free[-1] if free else None
    if _speech(reading, items, head):
        _coordinated(reading, items, free, Medium.SPEECH)
        return
    if _turned(reading, items, free, asked):
        return
    moving = reading.motion or next((i for i in items if "verb.video" in i.tags), None)
    if moving and (reading.existing or _pronoun(items)) and head is None:
        reading.wants.append(want_of(reading, moving, Medium.VIDEO, works_on=True, asked=True))
        return
    if moving is items[-1] and head is not None and head.phrase.endswith(("を", "을", "를")):
        reading.wants.append(want_of(reading, moving, Medium.VIDEO, works_on=True, asked=True))
        return  # 이 사진을 움직이게 해줘
    if verb is not None and kind == "image" and not _counts_other(items, at, head):
        edit = reading.existing is not None and not is_purpose(items, reading.existing)
        phrase = (verb.start, head.end if head else verb.end)
        told = head if head is not None and _of(head, Medium.IMAGE) else verb
        want = want_of(reading, told, Medium.IMAGE, asked=True)
        reading.wants.append(replace(want, works_on=edit, phrase=phrase))
        _coordinated(reading, items, free, Medium.IMAGE)
        return
    if verb is not None and kind == "music" and (head is None or _of(head, Medium.MUSIC)):
        reading.wants.append(want_of(reading, verb, Medium.MUSIC, asked=True))
        return
    if head is not None:
        _headed(reading, items, free, asked or kind in ("make", "want", "film"))
        return
    painted = next((item for item in items if item.phrase in _PAINTED), None)
    if painted is not None:
        works_on = reading.existing is not None
        want = want_of(reading, painted, Medium.IMAGE, works_on=works_on, edit=works_on, asked=True)
        reading.wants.append(want)
        return
    _counted(reading, items, asked)
    if verb is not None and kind == "film" and not reading.wants:
        reading.wants.append(want_of(reading, verb, Medium.VIDEO, asked=True))


_PAINTED = frozenset({"画成", "绘成", "重绘成"})


def _made_to_move(reading: ClauseReading, items: tuple[Item, ...]) -> Item | None:
    """让它飞: somebody in the picture is to do something; 让它更亮 alters the picture."""
    if reading.edit is not None or any(item.phrase in "更变换" for item in items):
        return None
    if items[-1].phrase.endswith(("点", "些")):
        return None  # 让画面暗一点
    found = (i for i in range(len(items)) if items[i].phrase in ("让", "让它", "使", "叫"))
    return next((items[place] for place in found if not _names_it(items, place)), None)


def _names_it(items: tuple[Item, ...], place: int) -> bool:
    """它叫豆豆, 小狗叫旺财: a name, and nothing that anybody is to do."""
    if items[place].phrase != "叫":
        return False
    before = [item for item in items[:place] if not item.has("seq", "and")]
    return any(not item.has("polite") or item.has("pronoun", "this") for item in before)


def _of(noun: Item | None, medium: Medium) -> bool:
    return noun is not None and medium_of(noun) is medium


def _is_request(items: tuple[Item, ...]) -> bool:
    for item in items[:4]:
        if item.under("verb") in ("make", "want", "turn", "image", "film") or item.has("seq"):
            return True
        if not item.has("polite", "object", "use", NAME, "and"):
            return False
    return False


def _first_verb(items: tuple[Item, ...]) -> tuple[Item | None, int]:
    """The verb that the clause begins with, past politeness, "用X" and 把…; else none."""
    skipping_use = False
    for place, item in enumerate(items):
        kind = item.under("verb")
        following = items[place + 1].phrase if place + 1 < len(items) else ""
        if kind and following != "的" and not (kind in ("make", "want") and item.has("polite")):
            ongoing = place and items[place - 1].phrase in _ONGOING
            if ongoing and not all(_is_opening(before) for before in items[:place]):
                return None, 0
            return item, place
        if item.has("use", "object", "reference", "this"):
            skipping_use = True
        elif not (skipping_use or _is_opening(item)):
            return None, 0
    return None, 0


def _is_opening(item: Item) -> bool:
    """What may stand before the verb: politeness, names, words about models."""
    if item.has("polite", "seq", "and", NAME, "but", "model_word") or item.phrase in "的一点些地":
        return True
    return bool(item.under("preference") or item.under("tier"))


def _counts_other(items: tuple[Item, ...], at: int, head: Item | None) -> bool:
    """画 governs, unless a measure word of another medium leads to the head: 画一段…的视频."""
    if head is None or medium_of(head) is Medium.IMAGE:
        return False
    near = items[at + 1 : at + 4]
    return any(item.phrase in ("段", "首", "部", "支", "条") for item in near)


def _speech(reading: ClauseReading, items: tuple[Item, ...], head: Item | None) -> bool:
    """朗读, 念, 配音 as what is to be done, not as what somebody in the picture does."""
    for place, item in enumerate(items):
        if "verb.speech" not in item.tags and not _says(reading.clause, items, place):
            continue
        before = items[place - 1] if place else None
        following = items[place + 1] if place + 1 < len(items) else None
        if before is not None and (before.phrase in _ONGOING or before.has("neg")):
            return False
        if following is not None and following.phrase in (
            "的",
            "者",
            "书",
            "报",
            "大",
            "比赛",
            "课",
        ):
            return False
        if is_noun(item) and head is not None and head is not item and not _of(head, Medium.SPEECH):
            return False
        other = not is_noun(item) and head is not None and not _of(head, Medium.SPEECH)
        other = other and head is not None and head.under("noun") != SOUND
        if other and head and (head.first > item.first or not _mostly_known(items[:place])):
            return False
        if not _mostly_known(items[:place]) and following is not None:
            told = "".join(each.phrase for each in items[:place])
            if not (following.has(QUOTE) and speakers().search(told)):
                return False
        reading.wants.append(want_of(reading, item, Medium.SPEECH, asked=True))
        reading.speech_from = item.end
        return True
    return False


def _says(clause: Clause, items: tuple[Item, ...], place: int) -> bool:
    """用女声说：… — to say something is a request only where the words stand behind it."""
    if items[place].phrase == "read":
        return any(item.has("text", "this") for item in items[place + 1 : place + 3])
    is_voice = bool(items[place].under("voice")) and clause.index == 0  # "女声：…", and no song's
    if not items[place].has("speech_if") and not is_voice:
        return False
    before = items[place - 1] if place else None
    if before is not None and before.phrase == "声音" and place + 1 < len(items):
        return items[place + 1].has(QUOTE)  # 小孩子的声音说“…”
    at_end = place + 1 == len(items) and clause.before == ":"
    return at_end or (place + 1 < len(items) and items[place + 1].has(QUOTE))


def _mostly_known(items: tuple[Item, ...]) -> bool:
    """Hardly anything stands before that would make the verb somebody's doing."""
    unknown = 0
    for item in items:
        if not item.tags and item.phrase not in ("女", "男", "声", "一", "温", "柔", "的", "地"):
            unknown += 1
    has_object = any(item.has("object", "use", "text", "this") for item in items)
    return unknown <= (12 if has_object else 2)


def _turned(reading: ClauseReading, items: tuple[Item, ...], free: list[Item], asked: bool) -> bool:
    """把这张图做成视频: the noun behind the verb is wanted, made of what stands before."""
    place = next((i for i in range(len(items)) if _turns(items, i)), None)
    if place is None:
        return False
    source = reading.existing is not None or _pronoun(items)
    explicit = items[place].phrase not in ("生成", "合成")
    target = next((noun for noun in reversed(free) if noun.first >= items[place].first), None)
    if target is None or not (source or explicit):
        return False
    told_text = any(item.has("text") for item in items[:place])
    told_text = told_text or (place == 0 and reading.clause.before == ":")  # 转成音频：…
    if target.under("noun") == SOUND and told_text:
        reading.wants.append(want_of(reading, target, Medium.SPEECH, asked=True))
        return True
    if target.under("noun") in (SOUND, BOTH):
        return False
    if told_text and _of(target, Medium.SPEECH):
        reading.speech_from = items[-1].end
    medium = medium_of(target)
    edit = medium is Medium.IMAGE
    told = any(item.phrase in ("把", "将") for item in items[:place])
    works_on = source or not told  # 把故事画成海报 is made of words alone
    want = want_of(reading, target, medium, works_on=works_on, edit=edit and works_on, asked=True)
    reading.wants.append(replace(want, phrase=(items[place].start, target.end)))
    _coordinated(reading, items, free, medium)
    return True


def _turns(items: tuple[Item, ...], place: int) -> bool:
    following = items[place + 1] if place + 1 < len(items) else None
    if "verb.turn" not in items[place].tags:
        return False
    return following is None or not following.has(NAME)  # 换成可灵 changes the model


def _pronoun(items: tuple[Item, ...]) -> bool:
    return any(item.has("pronoun") and item.phrase not in ("图", "我") for item in items)


def _headed(reading: ClauseReading, items: tuple[Item, ...], free: list[Item], asked: bool) -> None:
    head = free[-1]
    start = items[0].start
    if head.under("noun") == SOUND:
        visual = next((n for n in reversed(free) if medium_of(n) is not None), None)
        if visual is None:
            reading.wants.append(want_of(reading, head, None, asked=asked))
            return
        head = visual
    medium = medium_of(head)
    works_on = reading.existing is not None
    asked = asked or _counted_at(items, head)
    want = want_of(reading, head, medium, works_on=works_on, asked=asked)
    moving = medium is Medium.IMAGE and any("会动" in item.phrase for item in items)
    want = replace(want, medium=Medium.VIDEO if moving else medium, phrase=(start, head.end))
    opens = reading.clause.index == 0 and head is items[-1]
    reading.wants.append(replace(want, heads=opens))
    if head.under("noun") == BOTH:
        reading.wants.append(replace(want, medium=Medium.MUSIC, extra=True))
    _coordinated(reading, items, free, medium)


def _coordinated(
    reading: ClauseReading, items: tuple[Item, ...], free: list[Item], medium: Medium | None
) -> None:
    """一张海报和一首歌, 带配乐的宣传片, 视频+配乐."""
    taken = {want.medium for want in reading.wants}
    for noun in free:
        other = medium_of(noun)
        if other is None or other in taken:
            continue
        place = items.index(noun)
        following = items[place + 1] if place + 1 < len(items) else None
        joined = following is not None and following.has("and") and following.phrase != "的"
        joined = joined or (following is not None and following.phrase[0] in "加配")
        scored = following is not None and following.has("with") and medium in _SOUNDING
        sounding = other in (Medium.MUSIC, Medium.SPEECH)
        before = items[max(0, place - 5) : place]
        led = any(item.has("with", "and") for item in before)
        # 狐狸视频加上神秘的配乐
        if (joined and not _behind_of(items, place)) or scored or (sounding and led):
            taken.add(other)
            reading.wants.append(replace(want_of(reading, noun, other, asked=True), extra=True))


def _behind_of(items: tuple[Item, ...], place: int) -> bool:
    """图片和音乐的海报: what stands before 的 only describes."""
    return any(item.phrase == "的" for item in items[place + 1 : place + 10])


def _counted_at(items: tuple[Item, ...], head: Item) -> bool:
    """The clause begins with a number and a measure word: 一首歌."""
    opening = [item for item in items[:3] if item.under("classifier")]
    if _count_behind(items, items.index(head)):
        return True
    near = head.first - items[0].first < 14
    return near and any(item.phrase not in ("个", "种", "款") for item in opening)


def _count_behind(items: tuple[Item, ...], place: int) -> bool:
    """海报一张: the number stands behind, as in a list."""
    rest = items[place + 1 :]
    if len(rest) > 2 and rest[2].has(QUOTE):
        rest = rest[:2]  # 祝福语音一条“…”
    if len(rest) != 2 or not rest[1].under("classifier"):
        return False
    return bool(rest[0].phrase.isdigit() or rest[0].phrase in "一二两三四五六七八九十几")


def _counted(reading: ClauseReading, items: tuple[Item, ...], asked: bool) -> None:
    """来一张…, 一首…: the measure word alone tells the medium."""
    for place, item in enumerate(items[:8]):
        kind = item.under("classifier")
        if kind not in ("image", "music") or place == 0:
            continue
        before = items[place - 1]
        counted = before.phrase.isdigit() or before.phrase in "一二两三四五六七八九十几"
        if not (counted or before.under("number") or (kind == "music" and before.under("verb"))):
            continue
        if any(item.has("this") for item in items[max(0, place - 3) : place]):
            continue
        if any(later.has("flat") for later in items[place + 1 : place + 4]):
            continue
        reading.wants.append(want_of(reading, item, Medium(kind), asked=asked or place <= 2))
        return
