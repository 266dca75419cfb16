"""What goes along with the thing that is made, told in words that name no medium: a line that
somebody says, an instrument under the picture, a picture that is to move.

    film a sunrise and have a man say "…"     speech beside the video
    做成视频，配上古琴                          music beside the video
    画一条龙，让它飞起来                        a video of what was drawn
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from ima_tui.core.domain import Medium
from ima_tui.intent.scan import Scan
from ima_tui.intent.vocabulary import vocabulary
from ima_tui.intent.wants import Want

_READ = 800
"""Characters in which companions are looked for."""
_MOODS = (
    "ambient|soft|gentle|light|calm|slow|sad|upbeat|solo|acoustic|quiet|mellow|hopeful|dreamy|ethereal"
    "|uplifting|moody|dark|tense|driving|brooding|haunting|lush|warm|sparse|cheerful|playful|epic"
    "|cinematic|melancholic|somber|groovy|funky|jazzy|bluesy|sweeping|swelling"
)
"""What is said of music before an instrument."""
_SAYING = r"(?:reading|saying|narrating|whispering|reciting|speaking)"
_SAYS = r"(?:say|says|saying|speak|speaks|tell|tells|read|reads|reading|whisper|announce|shout)"
_JOINED = (
    r"(?:\band|\bthen|\bplus|\bwith|[,;.:&+])\s+"
    r"(?:(?:then|also|finally|and|over (?:it|that|this))\s+)?"
)
_LINE = re.compile(
    rf"{_JOINED}(?:(?:(?:have|let|make)\s+(?:\w+\s+){{1,4}}?{_SAYS}"
    r"|(?:give|add|record)\s+(?:\w+\s+){0,3}?(?:line|sentence|voice))\b"
    r"(?=[^.,;:\x00]{0,24}[:\x00])"
    rf"|(?:(?:an?|the|some|my|her|his)\s+)?(?:[\w'-]+\s+){{0,3}}?"
    rf"(?:(?:voice|narrator|speaker|announcer|host|recording|announcement)\s+(?:\([^()]{{1,24}}\)\s+)?(?:that\s+|which\s+)?{_SAYS}\b"
    r"|(?:narrator|announcer|host|recording)\s*(?:\([^()]{1,24}\)\s*)?[:\x00])"
    r"|(?:say|tell|speak|read|whisper)\b[^.,;:\x00]{0,40}\bvoice\b(?=[^.,;:\x00]{0,12}[:\x00]))"
    r"|\b(?:the|an?|my|our)\s+(?:\w+\s+){1,3}?(?:spoken|voiced|narrated|recorded|read (?:out"
    r"|aloud))\s*(?=[:\x00])"
    r"|(?:[.;\n])\s*(?:voice|vo|narrator|narration|voice ?over)\s*:\s*(?=\x00)"
    r"|\b(?:and|with|plus)\s+(?:some(?:one|body)|an?\s+(?:\w+\s+){1,3}?)\s*"
    rf"{_SAYING}\s*(?=:|[^.,;:\x00]{0, 24}\x00+\s*over\b)"
    r"|\x00+\s*(?:,\s*)?(?:said|spoken|read|whispered|narrated|voiced) by (?:an?|the"
    r"|my) [^.,;:\x00]{1,24}"
    r"|\b(?:narrated|voiced|spoken|read|pronounced) by (?:an?|the"
    r"|my) [^.,;:\x00]{1,24}(?=[:\x00.,;]|$)"
    r"|\b(?:audio|recording|sound file|sound clip)\s+of\s+(?:\w+\s+){1,5}?"
    r"(?:reading|saying|speaking|whispering|reciting)\b"
)
_LINE_ZH = re.compile(
    r"(?:再|然后|并|另外|最后|还要|同时|加|配|[,。;])[^,。;\x00]{0,6}?"
    r"(?:(?:录|配|念|喊|来|加)(?:上|个|制)?一?(?:句|段话?|条)(?![^,。;\x00]*[的][^话,。;\x00]*$)"
    r"[^,。;\x00]{0,12}?(?:\x00|:|的话|话(?=[,。;]|$))"
    r"|(?:让|叫)[它他她][^,。;\x00]{0,3}(?:说|喊|念|读)(?:出|一句)?\s*:?\s*\x00)"
)
_MOVES_ZH = re.compile(
    r"(?:做成|变成|改成|弄成|转成)(?P<into>会动的|动态的|活的|动态版|动画版)(?=[,。;!]|$)"
    r"|(?:^|[,。;]|再|然后|并|接着)\s*(?:再)?(?:让|使)(?P<who>[^,。;]{1,12}?)"
    r"(?:(?<!看)起来(?!像)|动一?动|活过来"
    r"|(?:挥挥手|招招手|眨眨眼|点点头|笑一笑|笑笑|转一圈|挥挥|喷火|点头|鞠躬|回头|飞|跑|跳|走|转|流|飘|游|眨眼|挥手|摇摆|绽放|动|跳舞|奔跑|旋转|流动|飘动)(?:了|一下)?(?=[,。;!]|$))"
)
_AS_FRAME = re.compile(
    r"\b(?:use|using|take|with)\s+(?:it|that|this|the (?:image|picture|result|still))\s+as\s+"
    r"(?:the\s+)?(?:first|start\w*|opening)\s+(?:frame|image)"
    r"|(?:用|以|拿|把)(?:它|这张图?|该图|结果|上图)?(?:作|做|当)为?(?:首帧|第一帧|起始帧|开头)"
)


@cache
def _played() -> re.Pattern[str]:
    """An instrument that is put under a picture."""
    names = vocabulary().any_of("instruments")
    return re.compile(
        rf"\b(?:add|put|plus|set (?:it )?to)\s+(?:an?\s+|some\s+)?(?:\w+\s+){{0,2}}?(?:{names})"
        r"(?:\s+(?:music|under(?:neath)?|beneath|behind|over|in the background|playing)\b"
        r"[^,.;]{0,12})?\s*"
        r"(?=[,.;!]|$|\band\b)"
        r"|\b(?:aloud|spoken|read|recited|narrated|narration|voice ?over)\s+(?:over|to|with)\s+"
        r"(?:\w+\s+){0,3}?music\b"
        rf"|\b(?:an?|some|soft|gentle)\s+(?:\w+\s+){{0,3}}?(?:{names})\s+(?:music\s+)?"
        r"(?:under(?:neath)?|beneath|behind|over|below)\s+(?:it|that|this|everything"
        r"|the whole \w+)\b"
        r"|\b(?:backed by|score(?:d| it| this)? (?:by|with|to)|set to|to the sound of"
        r"|to the beat of)\s+"
        rf"(?:an?\s+)?(?:[\w-]+\s+){{0,3}}?(?:{names}|{vocabulary().any_of('genres')})\b"
        rf"|\b(?:under(?:neath)?|beneath|in the background)(?:\s+it)?,?\s+(?:an?|some|soft)\s+"
        rf"(?:\w+\s+){{0,3}}?(?:{names})\b"
        rf"|\bwith\s+(?:\w+\s+){{0,2}}?(?:{names})\s+"
        r"(?:music|under(?:neath)?|in the background|playing softly)\b"
        r"|\b(?:lay down|put|add|drop)\s+something\s+(?:\w+\s+)?"
        rf"(?:musical|{vocabulary().any_of('genres')})\b"
        rf"|[,;]\s*(?:[\w-]+\s+){{1,2}}(?:{names})(?=,\s*(?:and\s+)?(?:an?\s+)?(?:\w+\s+){{0,2}}(?:narrator|voice))"
        rf"|[,、][^,。;的]{{0,4}}(?:{names})(?:曲|独奏)?(?=[,、][^。]{{0,12}}(?:旁白|配音|解说|人声|念|说))"
        rf"|[,;]\s*(?:{_MOODS})\s+(?:\w+\s+)?"
        rf"(?:{names})\s*(?=[,.;:]|and\b|$)"
        rf"|\b(?:and|plus|with)\s+(?:some|{_MOODS})\s+(?:\w+\s+){{0,2}}?(?:{names})"
        r"(?=\s*(?:music\b|with it|to it|too\b|[,.;!]|$))"
        rf"|(?:配上?|加上?|伴着|再来点?|垫上?(?:一?[段点])?|来一?[段点])(?:[^,。;的]{{0,6}}的)?[^,。;的]{{0,6}}?(?:{names}|{vocabulary().any_of('genres')})(?:声|伴奏|乐|曲)?(?=[,。;!]|$)"
    )


_SAID = re.compile(
    rf"(?:\b(?:and|with|plus)\s+(?:some(?:one|body)(?:\s+\w+)?|an?\s+(?:\w+\s+){{1,3}}?)\s*{_SAYING}\b"
    rf"|[,;.]\s*(?:and\s+)?(?:it|he|she|they"
    r"|an?\s+(?:\w+\s+){0,2}?(?:wom[ae]n|m[ae]n|girl|boy|lady|guy|kid|child))\s+(?:(?:should"
    r"|must|can|will|has to"
    rf"|needs to)\s+)?{_SAYS}\b)"
    r"(?=[^.,;:\x00]{0,24}[:\x00])"
    r"|\b(?:and|plus)\s+an?\s+(?:\w+\s+){0,2}?(?:line|sentence|greeting|tagline)\b(?=[^.;:\x00]{0,16}[:\x00])"
)
"""Somebody says a line; in a picture it would be a speech bubble."""
_VOICED = re.compile(
    r"[,;.]?\s*\b(?:and|with|plus|then)\s+(?:an?\s+|the\s+)?(?:\w+\s+){0,2}?"
    r"(?:girl|boy|wom[ae]n|m[ae]n|lady|guy|child|kid|female|male)(?:'s)?\s+voice\s*[:\x00]"
    r"|(?:再|加|配|外加|加上|配上)[^,。;\x00]{0,3}(?:[女男]|孩|童|爷爷|奶奶|妈妈|爸爸)[^,。;\x00]{0,3}(?:声音?|音|嗓音)\s*:?\s*\x00"
)
"""A voice, and behind it the words; in a song it sings them."""


def with_companions(
    scan: Scan, wants: dict[Medium, Want], until: int, *, given: bool
) -> dict[Medium, Want]:
    """`wants` with what the text before `until` puts beside them. `given`: pictures are at hand."""
    if not any(want.asked or want.heads or want.works_on for want in wants.values()):
        return wants
    until = min(until, _READ)
    text = scan.text[:until] + ("\x00" if until < len(scan.text) else "")
    found = dict(wants)
    _move(text, found, given)
    if Medium.SPEECH not in found:
        told = _LINE.search(text) or _LINE_ZH.search(text)
        if told is None and Medium.IMAGE not in found:
            told = _SAID.search(text)
        if told is None and (Medium.MUSIC not in found or len(found) > 1):
            told = _VOICED.search(text)
        _beside(scan, found, Medium.SPEECH, told)
    if Medium.MUSIC not in found:
        _beside(scan, found, Medium.MUSIC, _played().search(text))
    return found


def _move(text: str, found: dict[Medium, Want], given: bool) -> None:
    """A picture that is made or altered first, and then moves."""
    image, video = found.get(Medium.IMAGE), found.get(Medium.VIDEO)
    if image is None or (given and not image.edit):
        return
    if video is not None:
        if not video.works_on and _AS_FRAME.search(text, image.end):
            found[Medium.VIDEO] = replace(video, works_on=True)
        return
    moved = _MOVES_ZH.search(text, image.end)
    if moved is not None and (given or not image.works_on):
        start, end = moved.start("into" if moved["into"] else "who"), moved.end()
        found[Medium.VIDEO] = Want(
            Medium.VIDEO, start, end, works_on=True, asked=True, phrase=(start, end)
        )


def _beside(
    scan: Scan, found: dict[Medium, Want], medium: Medium, told: re.Match[str] | None
) -> None:
    first = min((want.start for want in found.values()), default=0)
    if told is None or told.start() < first:
        return
    start, end = told.span()
    clause = next((c.index for c in scan.clauses if c.start <= end - 1 < c.end + 1), 0)
    found[medium] = Want(
        medium, start, end, asked=True, extra=True, phrase=(start, end), clause=clause
    )
