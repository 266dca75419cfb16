"""Which nouns of a Chinese clause are no request: turned down, pointed at, a place, a purpose.

不要视频 turns down, 这张图 and 我的视频 point at what is there, 图里 is a place, 用于视频 a
purpose,
拍视频的博主 tells of somebody else.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.intent.scan import KANA, QUOTE, SOURCE, Item
from ima_tui.intent.wants import SOUND, is_noun, medium_of

NEAR = 5
"""Items before a noun in which a sign still belongs to it."""


def is_existing_image(items: tuple[Item, ...], item: Item) -> bool:
    """Whether the item is a noun for a picture that is there already."""
    return medium_of(item) is Medium.IMAGE and is_existing(items, item)


_BEHIND = re.compile("(?:就|都|先|也)?(?:不用|不要|不必|不需要|算|免)(?:了|做了|画了)(?:吧)?")


def is_refused(items: tuple[Item, ...], noun: Item) -> bool:
    """Whether the noun is turned down: 不要视频, 别弄成视频, 图不用了."""
    place = items.index(noun)
    if _BEHIND.fullmatch("".join(item.phrase for item in items[place + 1 :])):
        return True
    for at in range(place - 1, max(-1, place - NEAR - 1), -1):
        before = items[at]
        if before.has("neg"):
            return True
        if before.has("but"):
            return False
        if before.under("verb") in ("want", "make", "image", "turn"):
            return at > 0 and items[at - 1].has("neg")  # 别弄成视频
        if before.phrase == "的" or is_noun(before):
            return False
    return False


def is_existing(items: tuple[Item, ...], noun: Item) -> bool:
    """这张图, 我的视频, the object of 把, 给…做."""
    place = items.index(noun)
    for back, before in enumerate(reversed(items[:place])):
        if before.phrase == "的" and back + 2 <= place and _is_whole(items[place - back - 2]):
            return False
        if (is_noun(before) or before.has("text")) and not before.under("ordinal"):
            return False  # 这个视频配个乐: what is pointed at is the other one
        if before.has("this") or before.under("ordinal"):
            return (back <= NEAR and before.phrase != "我") or back == 0
        if before.under("verb") in ("make", "turn", "image", "want") and not before.has("object"):
            return False
        if before.phrase in ("把", "将") and medium_of(noun) is not None:
            if any(
                item.phrase.endswith(("画出", "做出", "写出", "出来")) for item in items[place:]
            ):
                return False  # 把分镜画出来
            return any(later.under("verb") or later.has("motion") for later in items[place + 1 :])
        if (
            before.phrase in ("给", "为", "根据", "用", "让", "由", "从", "对", "按")
            and back <= NEAR
        ):
            return _verb_follows(items, place) and not _is_voice(items, noun)
        if back > 2 * NEAR:
            return False
    located = place + 1 < len(items) and items[place + 1].has("loc")
    opens = place == 0 and medium_of(noun) is Medium.IMAGE and not located
    opens = opens and not _is_joined(items, noun)
    if noun.has("this"):
        return True
    if KANA.match(noun.phrase):
        return False  # the verb stands behind every object
    return opens and _verb_follows(items, place)


def is_purpose(items: tuple[Item, ...], noun: Item) -> bool:
    """给派对的请柬画个幽灵: what something is drawn for; nobody says that it is there."""
    before = items[: items.index(noun)]
    led = any(item.phrase in ("给", "为") for item in before)
    return led and noun.phrase not in AT_HAND and not any(item.has("this") for item in before)


def _is_joined(items: tuple[Item, ...], noun: Item) -> bool:
    """专辑封面加一段曲子: two things to make; but 照片加一段音乐 speaks of a photo."""
    following = items[1] if len(items) > 1 else None
    joined = following is not None and following.has("and") and noun.phrase not in AT_HAND
    return joined and any(medium_of(item) not in (None, Medium.IMAGE) for item in items[2:])


AT_HAND = frozenset({"图", "图片", "照片", "相片", "原图", "画", "图像"})


def _is_whole(item: Item) -> bool:
    """第二张图的…, 照片的…: what stands before 的 is a thing of its own."""
    return is_noun(item) or (item.last - item.first > 1 and bool(item.under("ordinal")))


def _is_voice(items: tuple[Item, ...], noun: Item) -> bool:
    return noun.under("noun") == SOUND


def _verb_follows(items: tuple[Item, ...], place: int) -> bool:
    """A verb right behind the noun, and another noun or its content behind that."""
    for item in items[place + 1 : place + 4]:
        if item.under("verb") or item.has("motion"):
            return True
        if item.phrase == "的":
            return False
    return False


def pointed_at(items: tuple[Item, ...], existing: list[Item]) -> Item | None:
    """The picture that the clause points at: a path, a noun, an ordinal, 图里."""
    for item in items:
        if item.has(SOURCE):
            return item
    for noun in existing:
        if medium_of(noun) is Medium.IMAGE:
            return noun
    for place, item in enumerate(items):
        if item.under("ordinal") and item.last - item.first > 1:
            return item
        if item.phrase in ("图里", "图中", "照片里", "照片中", "画面中", "图上"):
            return item
        following = items[place + 1] if place + 1 < len(items) else None
        if medium_of(item) is Medium.IMAGE and following is not None and following.has("loc"):
            return item
    return None


def is_setting(items: tuple[Item, ...], noun: Item) -> bool:
    """图里, 视频中: a place; 用于视频: a purpose; 配乐的节奏: not the thing itself."""
    place = items.index(noun)
    following = items[place + 1] if place + 1 < len(items) else None
    if following is not None and following.has("loc"):
        return True
    for before in reversed(items[max(0, place - NEAR) : place]):
        if before.phrase in ("给", "为"):
            return _verb_follows(items, place)
        if before.has("purpose") and before.phrase not in ("适合",):
            return not _of_follows(items, place)
        if before.under("verb") or before.phrase == "的":
            return False
    return False


_LIKE = re.compile("像|仿佛|如同|宛如|似")
_LIKE_BEHIND = ("那样", "一样", "一般", "般", "似的", "那种", "这样")


def is_likened(items: tuple[Item, ...], noun: Item) -> bool:
    """像一幅画那样的曲子: what something is compared with."""
    place = items.index(noun)
    if place + 1 >= len(items) or items[place + 1].phrase[0] not in "那一般似这":
        return False
    before = "".join(item.phrase for item in items[max(0, place - 8) : place])
    behind = "".join(item.phrase for item in items[place + 1 : place + 4])
    return _LIKE.search(before) is not None and behind.startswith(_LIKE_BEHIND)


def modifies(items: tuple[Item, ...], noun: Item) -> bool:
    """拍视频的博主: with 的 behind it and no other noun, it only tells of something else."""
    place = items.index(noun)
    following = items[place + 1] if place + 1 < len(items) else None
    if following is None or following.phrase != "的" or place + 2 >= len(items):
        return False
    return not any(is_noun(item) or item.under("classifier") for item in items[place + 2 :])


def _of_follows(items: tuple[Item, ...], place: int) -> bool:
    return any(item.phrase == "的" for item in items[place + 1 :])


def is_about_models(items: tuple[Item, ...]) -> bool:
    """画图的模型, …: which model it is about, and nothing to make."""
    if items[-1].phrase not in ("模型", "的模型", "大模型"):
        return False
    return not any(item.has("use") or item.under("verb") in ("make", "want") for item in items)


def is_relative(items: tuple[Item, ...], at: int) -> bool:
    """写着“…”的插画: what is written only describes the noun behind it."""
    if len(items) < at + 4 or not items[at + 1].has(QUOTE):
        return False
    return items[at + 2].phrase == "的" and is_noun(items[-1])


def with_picture(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """静物画, 这张画: behind other words and with nothing after it, or pointed at, it is a noun."""
    return tuple(
        replace(item, tags=("noun.image",)) if _is_picture(items, place) else item
        for place, item in enumerate(items)
    )


def _is_picture(items: tuple[Item, ...], place: int) -> bool:
    if items[place].phrase not in ("画", "照") or place == 0:
        return False
    before = items[place - 1]
    pointed = before.has("this") and before.phrase[-1] in "张幅的些"
    following = items[place + 1] if place + 1 < len(items) else None
    moved = following is not None and following.has("motion")
    pointed = pointed or (before.phrase in ("让", "把", "使") and moved)
    return pointed or (place > 1 and place + 1 == len(items))
