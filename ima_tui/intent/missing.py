"""Whether a text speaks of a picture that should be at hand: "my selfie", "replace the text on the
sign", 我发的图, 抠图. Asked about where none is.
"""

from __future__ import annotations

import re

_PICTURE = (
    r"(?:photo(?:graph)?s?|pictures?|images?|pics?|selfies?|screenshots?|snapshots?|scans?|sketch(?:es)?"
    r"|drawings?|paintings?|illustrations?|portrait|headshot)"
)
_NOT_THE_THING = (
    r"(?!\s+(?:apps?|albums?|frames?|booths?|walls?|studios?|gallery|books?|blogs?|shops?|class(?:es)?"
    r"|exhibitions?|website|collections?|editor|contest|business|company|teacher|lessons?|career|day"
    r"|of|for|about)\b)"
)
_POINTED = re.compile(
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
    for pattern in (_POINTED, _POINTED_ZH):
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
