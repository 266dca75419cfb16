"""Questions about what can be made and what it costs: they are answered, and nothing is made.

"Can you make videos?" asks; "can you make a video of a fox?" is a polite request. A question is
told by its form (how it begins, or how it ends) and by what it is about: prices, models, jobs,
abilities.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from ima_tui.core.domain import Medium
from ima_tui.intent.scan import NAME, Clause, Item, Scan
from ima_tui.intent.vocabulary import vocabulary
from ima_tui.intent.wants import medium_of

_LONGEST = 70
"""Words (Chinese: characters) of the longest text that is still read as a question."""
_MOST_READ = 500
"""Characters in which a question, or doubt about the medium, is looked for."""
_SHORT = 140
"""Characters of the longest question without a question mark."""
_LEAD = (
    r"(?:(?:(?:hi|hello|hey)(?: there)?|and|so|ok|okay|um|please|sorry|just wondering"
    r"|quick (?:one|question)|question"
    r"|one (?:more )?question|out of curiosity|btw|by the way|also|but|wait|actually|maybe|tell me"
    r"|(?:can|could|would) you (?:be able to )?(?:please )?"
    r"(?:tell|say|explain|list|remind)(?: to)?(?: me)?"
    r"|do you know|any idea"
    r"|i(?:'d| would)? (?:like|want|need) to know|i wonder|wondering|i(?:'m| am) (?:curious"
    r"|wondering)"
    r"|let me know|i don't (?:get|understand)(?: it)?|roughly|exactly|please explain)\b[ ,.!:-]*)*"
)
_FORM = re.compile(
    r"(?:^|[,.;:!?\n。、-]\s*)"
    + _LEAD
    + r"(?:(?P<wh>what(?:'s)?|which|who(?:se|'s)?|why|how|when|where(?:'s)?)"
    r"(?!ever| about| if| a )"
    r"|(?P<any>any)(?= (?:\w+ )?(?:discounts?|deals?|limits?|fees?|refunds?|trials?)\b)"
    r"|(?P<be>is|are|am|was|were|does|did|has|will|would|should|isn't"
    r"|aren't)(?= (?:\w|\x00))"
    r"|(?P<do>do(?! (?:it|this|that)\b)|have|don't|doesn't|won't)(?= (?:i|you|it|this|that|they|we"
    r"|the|my|all|unused|(?!always)(?:\w+ )?\w+s) )"
    r"|(?P<can>can|could|may)(?= (?:i|this|it|that|they|the|my|two|one|any|we|\x00+|(?!you|u\b"
    r"|ya\b|someone|somebody)\w+ (?:do|make|draw|sing|handle"
    r"|speak|read|use|work|be|take|generate|create|produce)) ))"
)
_SURE_FORM = re.compile(
    r"^"
    + _LEAD
    + r"(?:which|why|who|does|do you|how (?:much|many|long|big|do|can|does|good|fast))\b"
)
_VAGUE = re.compile(
    r"^(?:please |can you |could you |just )*(?:use|do|make|try|take|handle|process|edit"
    r"|improve)?(?: (?:something|anything|stuff))?"
    r"(?: \w+)?(?: (?:with|to|of|from))? ?(?:this|it|these|that)(?: one)?(?:,? please)?[.! ]*$"
    r"|^what can you (?:do|make)\b"
    r"|^(?:i |we )?(?:need|want|make|create|do)(?: me| us)? (?:some |a bit of )?(?:content"
    r"|something|stuff|material)"
    r" for (?:my|our|the) (?:\w+ ?){1,2}[.! ]*$"
    r"|^(?:请|帮我|帮忙)?(?:处理|弄|搞|看看?|用|做|试试|整)(?:一下|下)?(?:这个|这张图?|它"
    r"|图)?(?:能做什么)?[吧。!]*$"
)
_FILM_THERE = re.compile(
    r"\b(?:extend|lengthen|shorten|trim|cut|crop|edit|fix|upscale|stabili[sz]e|change|replace|remove"
    r"|swap|blur)\b[^.;]{0,40}\b(?:(?:this|that|my|our|the (?:attached"
    r"|last)) (?:\w+ )?(?:video|clip|film"
    r"|footage|movie)|the (?:video|clip|film|footage) (?:i|we)\b)"
    r"|(?:这|那|我的|发的|传的)[段个条部支]?(?:视频|短片|影片|片子|录像)[^,。]{0,8}?"
    r"(?:换|改|剪|去|延长|续|修|调|裁)"
)
_CONTENT = re.compile(
    r"\b(?:look|looks|sound|sounds|looked|feel) like\b|\bwould (?:\w+ ){1,4}(?:look|sound)\b"
    r"|\bhow to\b"
    r"|\b(?:do|have) (?:a|an|some|me)\b|\b(?:is|are) there (?:any )?(?:chance|way) (?:that )?you\b"
    r"|\b(?:do|would) you mind|\bbe (?:my|the) (?:\w+ )?default"
    r"|(?<!where )(?<!how )(?<!when )\b(?:can|could|may) (?:i|we) (?:please )?"
    r"(?:have|get|see|order|ask for)\b"
    r"(?! (?:an? |my |the )?(?:refund|discount|invoice|receipt|trial))"
    r"|\bwould it be possible|\bis it (?:possible|ok) to (?:get|have|make"
    r"|do) an? "
    r"|\bwould you\b(?! (?:be able to |please )?(?:say|tell|explain))|\bwill you\b"
)
_FORM_ZH = re.compile(
    r"什么|多少|几[个点分秒张首条积种款钟]|哪[个些里种款儿家一了啦]|怎么|怎样|咋|如何|为何|啥|是否"
    r"|多久|多长|多大|多贵|谁的|还是.*\?|还是(?:要|得|需要)我"
    r"|有没有|能不能|会不会|可不可以|是不是|要不要|贵不贵|行不行|好不好|支不支持|吗|么[?。!]?$"
    r"|嘛[?。!]?$|呢[?。!]?$|(?P<either>[带含收算有能会值限支准])不(?P=either)|^(?:请问|想问|想知道)|谁家"
)
_ASKED_ZH = re.compile(
    r"(?:什么|多少|几[个点分秒张首条积种款钟]|哪[个些里种款儿家了啦]|怎么|怎样|咋|如何|啥|多久|多长"
    r"|多大|多贵|吗|么|嘛|呢|谁)"
    r"[^,。;!?\n]{0,8}[?。!呀啊呢]*$|[吗么](?=[,。;])|[?]\s*$|还是(?:要|得|需要)我[^,。]{0,6}$|^(?!你|您|请|帮"
    r"|给)[^,。?]{1,10}(?:能不能|可不可以|会不会|支不支持|能否|有没有)|^(?:请问|想问|问一?下"
    r"|为什么|为何|怎么|如何|什么|啥|哪|有没有|能不能(?:告诉|讲讲|说说)|有哪些|想知道)"
    r"|(?P<either>[带含收算有能会值限支准])不(?P=either)[^,。;!?\n]{0,8}[?。!呀啊呢]*$"
)
_OPENS_ZH = re.compile(r"[?吗么]$|^(?:请问|想问|为什么|为何|怎么|如何)")
_OF_NOUN = re.compile(r"(?:什么|怎么|为什么|如何|哪|多少|几)[^,。;?]{0,16}的[^,。;?]{0,8}$")
_TOLD = re.compile(
    r"^(?:please |can you |could you |would you |just )*(?:tell me|list|show(?: me)?|explain"
    r"|compare|describe)\b"
    r"(?=.*\b(?:prices?|pricing|models?|differences?|costs?|features?|balance|points|options)\b)"
    r"|^[^,。]{0,4}(?:价目表|价格表|报价单|收费标准)(?:发|给|有|看|$)[^,。]{0,6}$"
    r"|^(?:请|请你|能不能|可以|帮我)?(?:告诉我|列出|列一下|说说|介绍一下|看看|查一?下|查询|解释"
    r"|比较|教我)(?=.*(?:价|模型|区别|积分|余额|功能|怎么|什么))"
)
_PRICE = re.compile(
    r"\b(?:costs?|prices?|pricing|points?|credits?|charged?|charges?|pay|paid|fees?|refund\w*"
    r"|expensive|cheap\w*"
    r"|free|trial|discounts?|budget|invoice|balance|expire\w*|worth|set me back|money|royalty"
    r"|commercial\w*|licen[cs]e\w*"
    r"|copyright|watermarks?|quota|refunds?|invoices?|receipts?|subscription)\b|多少钱|积分|收费|计费|免费|贵|便宜|价格|费用|花费|要钱|加钱"
    r"|优惠|折扣|打折|退款|退还|余额|充值|扣"
    r"|商用|版权|水印|几点|几分|块钱|付费|点数|划算|什么价|花多少"
    r"|(?:一般|大概|大约|通常|[要得花])(?:[要得花等]|需要)?等?(?:多久|多长时间|几分钟)|算一次|算几次|怎么算|算钱"
)
_SERVICE = re.compile(
    r"\b(?:models?|defaults?|prefer\w*|supports?|jobs?|orders?|tasks?|queue\w*|render\w*|results?"
    r"|history|downloads?|folder"
    r"|saved?|stored?|delete[ds]?|server|accounts?|keys?|safe|private|privacy|resolutions?"
    r"|ratios?|aspects?|formats?"
    r"|sizes?|longest|maximum|max|at most|limits?|quality|1080p|4k|8k|2k|seeds?|prompts?"
    r"|first frame|last frame|reference"
    r"|features?|languages?|lyrics|voices?|cloning|lip ?sync|tool|app|programs?|fail\w*|cancel\w*"
    r"|retry|uploads?|attach\w*"
    r"|difference|better|best|faster|fastest|slower|how (?:long|many|fast|good|big|large)|takes?"
    r"|transparent|vertical|wide"
    r"|songs?|videos?|images?|pictures?|photos?|clips?|music|speech|sound|generat\w+|use|using"
    r"|used|made|yesterday"
    r"|finished|service|down|api|status|team|work|works|seconds|minutes|batch|possible|available|here)\b|\x00"
    r"|模型|默认|预设|偏好|支持|任务|排队|作品|记录|保存|下载|删除|取消|失败|重试|上传|安全|隐私"
    r"|泄露|分辨率|比例|尺寸|格式|最长|最大|最多"
    r"|清晰|种子|提示词|首帧|尾帧|参考图|功能|语言|方言|音色|声音|歌词|软件|程序|这里|区别|不一样"
    r"|不同|哪个好|更适合|更好|最好|快|慢|多久|多长|等"
    r"|几张|几秒|几种|生成|视频|影片|图|歌|音乐|配音|朗读|用的|有声|同时|批量|历史|模式|意思|叫做"
    r"|什么叫|做完|结果|查看|之前|生成|api|接口|接入|发票|客服|真人|合成|怎么回事|出错|乱码|模板|会员"
)
_CAN = re.compile(
    r"(?:^|[,.!?]\s*)" + _LEAD + r"(?:can|could|do|does|are|is it possible)\b"
    r"|^you can (?:also )?(?:make|do|create|generate|draw|read)\b.*\b(?:right|no|correct)\b ?[?]$"
    r"|^(?:你们?|这里)?(?:可以|能)[^,。?]{1,8}(?:对吧|是吧|吧)[?]?$"
    r"|(?:能不能|能否|可不可以|可以|会不会|会|能|支持不支持|支持).*(?:吗|么|嘛|不)?[?]?$"
    r"|(?:吗|么|嘛)[?]?$"
)
_FORM_ABROAD = re.compile(
    r"いくら|何(?:ポイント|秒|分|枚)|(?:ます|です)か[?。]?$|얼마|(?:나요|까요|인가요|되나)[?]?$"
    r"|^(?:cuanto|cuantos|puedes hacer|combien|was kostet|wie ?viel|quanto custa|quanto costa)\b"
)
_POLITE_ABROAD = re.compile("くれます|もらえ|いただけ|お願い|주시|줄래|주실")
"""Of other languages: prices and lengths are asked for, and not a thing."""
_MOST_ZH = re.compile(
    r"^(?:请问|那|这个|你们|它|视频|图片|音乐|歌|语音){0,2}(?:一次)?(?:最多|最长|最大|最高|最短|最少|最快)"
    r"[^,。;]{0,6}(?:能|可以|支持|是|做|要)[^,。;]{0,8}(?:多少|多长|多大|多久|几|什么)"
)
"""最长能做几分钟的视频: how much there can be of it."""
_MADE_ZH = re.compile(
    r"^(?:请|帮我|给我|麻烦|来|想要|我要|我想要){0,2}(?:做|画|生成|制作|拍|写|设计|录|剪|出|来)"
    r"(?:一)?(?:个|张|段|条|支|部|幅|首|份|套|组)"
)
"""做个动画解释什么是通货膨胀: the question is what it shows."""
_ABLE_ZH = re.compile(
    r"^(?:你|您|请问)?(?:能不能|能否|可不可以|可以|能|会)(?:帮我|给我)?"
    r"(?:做|画|生成|制作|拍|写|设计|弄|来)(?:一|两|几|\d)?(?:个|张|段|条|支|部|幅|首|份)"
    r"[^,。;?]{2,40}的[^,。;?]{1,8}[吗么]"
)
"""你能生成一段两只小猫打架的视频吗: a request, where it describes something."""
_DESCRIBED = 4
"""Characters outside the vocabulary that describe something: 4K的, 有声音的 ask for an ability."""
_SHOWN = re.compile(
    r"(?:主题|内容|题目|主角)(?:是|为|:)|写着|写上|标着|印着|显示|\bsay(?:s|ing)\b|\bread(?:s|ing)\b|标题|文案"
)
_POLITE_ZH = re.compile(
    r"(?:能不能|可不可以|可以|能否|可否|能|请|麻烦|劳驾|帮忙)?(?:帮我|给我|替我|帮忙|麻烦|请"
    r"|为我)(?!.{0,2}(?:解释|介绍|说|讲|看看|查|列|推荐|算))"
)


@cache
def _small() -> frozenset[str]:
    """Words of a question that name nothing."""
    return frozenset(vocabulary().around["of_questions"])


def is_question(scan: Scan) -> bool:
    """Whether the text asks about the service, and not for something."""
    if len(scan.tokens.words) > _LONGEST or scan.content.sources:
        return False
    text = _named(scan).strip()
    if not text:
        return False
    if _SHOWN.search(text) or _is_read_out(scan):
        return False
    if _is_headed(scan) and not _PRICE.search(text):
        return False
    return _asks_about(text, scan) or (bool(_CAN.search(text)) and _names_only(scan))


def _is_read_out(scan: Scan) -> bool:
    """ "in a boy's voice say: can we keep him?": the question is to be spoken."""
    leading: list[Item] = []
    for clause in scan.clauses[:3]:
        leading += clause.items
        if clause.before == ":":
            break
    else:
        return False
    spoken = ("verb.speech", "noun.speech", "speech_if")
    return any(item.has(*spoken) or item.under("voice") for item in leading)


def _is_headed(scan: Scan) -> bool:
    """视频封面：新手如何养多肉: what is to be made, and behind the colon what it is about."""
    first = scan.clauses[0] if scan.clauses else None
    if first is None or first.before != ":" or len(scan.clauses) < 2:
        return False
    return medium_of(first.items[-1]) is not None


_UNDECIDED = re.compile(
    r"\b(?:can't|cannot|couldn't|haven't|have not|hard to|yet to) (?:\w+ )?(?:decide|choose"
    r"|chosen|make up)"
    r"|\b(?:not|no|don't)\b (?:\w+ ){0,2}(?:sure|clear|clue|idea|know|care|decided)\b"
    r"|\bundecided\b|\bcould be\b.*\bcould be\b|也行.*也行|没(?:有)?(?:想好|想清楚|决定|定下?"
    r"|确定)|未定|拿不定|不确定|不知道(?:要|该|做|用|选|是)|纠结"
)
_MEDIA = (
    r"(?:images?|pictures?|photos?|posters?|videos?|clips?|films?|songs?|music|jingles?|speech"
    r"|voice"
    r"|audio|radio|print|heard|seen|hear|see|图|画|海报|视频|影片|歌|音乐|配音|语音|动画)"
)
_EITHER = re.compile(
    rf"could be (?:an? )?{_MEDIA}.*could be (?:an? )?{_MEDIA}|{_MEDIA}也行.*{_MEDIA}也行|"
    rf"{_MEDIA}\b.{{0,24}}\bor\b.{{0,24}}\b{_MEDIA}|{_MEDIA}.{{0,8}}(?:还是"
    rf"|或)[^,。]{{0,8}}{_MEDIA}"
    r"|\b(?:form|format|medium|what kind of thing)\b|形式|媒介|哪种类型"
)


_OPEN = re.compile(
    r"\bor (?:maybe|perhaps|even)\b|\bwhatever\b|\bwhichever\b|\beither\b"
    r"|都行|都可以|都好|看着办|随便"
)
_STILL = r"(?:images?|pictures?|photos?|posters?|图|画|海报)"
_TWO = re.compile(
    rf"{_STILL}\b.{{0,24}}\bor\b(?!.{{0,24}}\b{_STILL}).{{0,24}}\b{_MEDIA}"
    rf"|\b(?!{_STILL}){_MEDIA}\b.{{0,24}}\bor\b.{{0,24}}\b{_MEDIA}"
    rf"|{_MEDIA}.{{0,8}}(?:还是|或)[^,。]{{0,8}}{_MEDIA}"
)
"""Two media to choose from, and not two words for one."""


def is_undecided(scan: Scan) -> bool:
    """Whether the text leaves the medium open: "a song or a video, I can't decide"."""
    text = scan.text[:_MOST_READ]
    if _UNDECIDED.search(text) and _EITHER.search(text):
        return True
    return bool(_OPEN.search(text)) and _TWO.search(text) is not None


def is_vague(scan: Scan) -> bool:
    """ "Use this", "do something with it": nothing says what is to become of it. Nor does anything
    that we make alter a film that is there."""
    text = scan.text.strip()
    if len(text) > _SHORT:
        return False
    return _VAGUE.search(text) is not None or _FILM_THERE.search(text) is not None


def has_form(scan: Scan) -> bool:
    """Whether the text is worded as a question, whatever it is about."""
    if len(scan.text) > _MOST_READ:
        return False
    text = _named(scan).strip()
    if not text or _MADE_ZH.search(text) or _is_able(scan, text):
        return False
    if _POLITE_ZH.search(text) and not _PRICE.search(text):
        return False
    return _has_english_form(text) or _has_chinese_form(text)


def _asks_about(text: str, scan: Scan) -> bool:
    english, chinese = _has_english_form(text), _has_chinese_form(text)
    if _TOLD.search(text) and not _CONTENT.search(text):
        return True
    if _MOST_ZH.search(text):
        return True
    if _FORM_ABROAD.search(text) and not _POLITE_ABROAD.search(text):
        return True
    if not (english or chinese) or _requested(scan, text):
        return False
    if _SURE_FORM.search(text) and (text.endswith("?") or len(scan.tokens.words) <= 12):
        return True
    return bool(_PRICE.search(text) or _SERVICE.search(text))


def _has_english_form(text: str) -> bool:
    found = _FORM.search(text)
    if found is None or _CONTENT.search(text):
        return False
    return (found.start() == 0 and len(text) <= _SHORT) or text.endswith("?")


def _has_chinese_form(text: str) -> bool:
    if _FORM_ZH.search(text) is None or _ASKED_ZH.search(text) is None:
        return False
    return _OPENS_ZH.search(text) is not None or _OF_NOUN.search(text) is None


def _requested(scan: Scan, text: str) -> bool:
    """Something is asked for beside the question, or politely in the form of one."""
    if _POLITE_ZH.search(text) and not _PRICE.search(text):
        return True
    if _is_able(scan, text):
        return True
    if _MADE_ZH.search(text) and _OPENS_ZH.search(text) is None and not _PRICE.search(text):
        return True
    if any(_orders(clause) for clause in scan.clauses):
        return True
    last = scan.clauses[-1] if scan.clauses else None
    if last is None or len(scan.clauses) < 2 or text.endswith("?"):
        return False
    alone = [item for item in last.items if not item.has("polite")]
    return bool(alone) and medium_of(alone[-1]) is not None and len(alone) <= 5


def _is_able(scan: Scan, text: str) -> bool:
    found = _ABLE_ZH.search(text)
    if found is None or _PRICE.search(text):
        return False
    items = (item for clause in scan.clauses for item in clause.items)
    told = sum(not item.tags for item in items if item.end <= found.end())
    return told >= _DESCRIBED


def _orders(clause: Clause) -> bool:
    """ "I need a picture of …": a request with a medium, in a clause that asks nothing."""
    told = [item for item in clause.items if not item.has("polite", NAME)]
    verb = told[0].under("verb") if told else ""
    if verb not in ("make", "want", "image", "music", "turn") or clause.before == "?":
        return False
    if not clause.chinese:
        articled = any(item.phrase in ("a", "an", "some", "the") for item in told[1:4])
        return articled and any(medium_of(item) is not None for item in told)
    return (
        clause.after != ""
        and clause.before not in ("", ",")
        and _FORM_ZH.search("".join(i.phrase for i in told)) is None
    )


def _named(scan: Scan) -> str:
    """The folded text with every model that it names hidden."""
    text = scan.text
    for name in reversed(scan.names):
        text = f"{text[: name.start]}\x00{text[name.end :]}"
    return text


def _names_only(scan: Scan) -> bool:
    """Nothing is described: verbs of making and the name of a medium, in the plural or bare."""
    items = [item for clause in scan.clauses for item in clause.items]
    nouns = [item for item in items if medium_of(item) is not None]
    if not nouns or any(
        item.has("quote", "this") and item.phrase not in _small() for item in items
    ):
        return False
    articled = any(
        before.phrase in ("a", "an") for before, noun in pairwise(items) if noun in nouns
    )
    ends = scan.plain.text.rstrip().endswith(("?", "吗", "么", "嘛"))
    return all(_is_small(item) for item in items) and (ends or not articled)


def _is_small(item: Item) -> bool:
    if item.phrase in _small() or item.has("polite", "use", "model_word", NAME):
        return True
    sections = ("number", "noun", "verb", "classifier")
    return any(item.under(section) for section in sections)


def asked_about(scan: Scan) -> Medium | None:
    """The medium that the question is about, where it names one."""
    named = [medium_of(item) for clause in scan.clauses for item in clause.items]
    found = next((medium for medium in named if medium is not None), None)
    return found or next((name.medium for name in scan.names), None)
