"""The words by which briefs of films tell their parts, in English and Chinese."""

from __future__ import annotations

import re

from ima_tui.intent import numerals

N = numerals.ANY
QUOTED = (
    r"(?:\"(?P<q1>[^\"]+)\"|“(?P<q2>[^”]+)”|「(?P<q3>[^」]+)」|『(?P<q4>[^』]+)』|‘(?P<q5>[^’]+)’"
    r"|'(?P<q6>(?:[^']|'(?=\w))+)'(?!\w)|《(?P<q7>[^》]+)》)"
)
"""A closing ' before a letter is an apostrophe."""
_JOIN = r"(?:[,，;；]?\s*(?:and|with|plus|including|加上|配上|并|再)?\s*)"

LYRICS = re.compile(
    _JOIN + r"(?:(?:the\s+)?lyrics?|歌词)\s*(?:are|is|是|为)?\s*[:：]?\s*"
    rf"(?:{QUOTED}|(?<=[:：])\s*(?P<plain>[^\n]+))",
    re.I,
)
TITLE = re.compile(
    _JOIN
    + r"(?:titled|entitled|(?:the\s+|a\s+)?title(?:\s+is)?|called|片名(?:是|叫)?|标题(?:是)?|名为|片头字幕)"
    rf"\s*[:：]?\s*{QUOTED}",
    re.I,
)
_VOICE_WORD = (
    r"(?:(?:an?|the|some)\s+(?:(?!with\b|and\b|of\b|for\b|in\b)[a-z]+\s+){0,2}?)?(?:(?P<who>fe)?male\s+|man's\s+|woman's\s+|calm\s+|warm\s+)*"
    r"(?:voice[- ]?over|voice|narrator|narration|narrated)|(?P<nan>男声|女声)?(?:的)?(?:旁白|解说词?|配音|画外音)"
)
VOICE = re.compile(
    _JOIN + rf"(?:{_VOICE_WORD})\s*"
    r"(?:that\s+says|who\s+says|which\s+says|saying|says|reads|reading|speaking|说|是|为|念)?\s*[:：,，]?\s*"
    + QUOTED,
    re.I,
)
VOICE_PLAIN = re.compile(rf"(?:{_VOICE_WORD})\s*[:：]\s*(?P<plain>[^\n\"“「『‘《]+)", re.I)
VOICE_ALONE = re.compile(
    r"(?<![a-z])(?:voice[- ]?over|narrat(?:or|ion|ed))(?![a-z])|旁白|解说|画外音", re.I
)

EACH = re.compile(
    rf"(?:各|每(?:个|段|条|格|张|幅)?(?:镜头|场景|片段|画面|照片|图片?)?(?:各|是|为|时长)?)\s*(?P<zh>{N})\s*秒钟?"
    rf"|(?P<en>{N})\s*-?\s*(?:s|secs?|seconds?)\s+(?:each|per\s+(?:shot|scene|clip)|a\s+shot)"
    rf"|each\s+(?:shot\s+|scene\s+|clip\s+)?(?:is\s+|of\s+|for\s+)?(?P<of>{N})\s*(?:s|secs?|seconds?)(?![a-z])",
    re.I,
)
LENGTH = re.compile(
    rf"(?<![a-z0-9.])(?:(?:总共|一共|总长|全长|共|时长|in|about|for|around|大约|约)\s*)?"
    rf"(?:(?P<half>半分钟|half\s+a\s+minute)|(?P<one>a|one)\s+minute(?:\s+long)?"
    rf"|(?P<hr>{N})\s*-?\s*(?:hours?|个?小时)"
    rf"|(?P<min>{N})\s*-?\s*(?:minutes?|mins?|分钟)(?:\s*(?P<ms>{N})\s*-?\s*(?:seconds?|s|秒))?"
    rf"|(?P<sec>{N})\s*-?\s*(?:secs?|seconds?|s(?![a-z])|秒钟?))"
    r"(?:\s+(?:long|in\s+total|total))?(?:的|左右)?(?![a-z0-9])",
    re.I,
)
SHAPE = re.compile(
    r"(?P<tall>(?<![a-z])(?:vertical|portrait\s+(?:format|video|mode))(?![a-z])|竖屏|竖版|竖构图)"
    r"|(?P<wide>(?<![a-z])(?:horizontal|landscape\s+(?:format|video|mode)|widescreen)(?![a-z])|横屏|横版)"
    r"|(?P<square>(?<![a-z])square\s+(?:format|video)(?![a-z])|方形画面|正方形画面)",
    re.I,
)
RATIO_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:in|at|as|with)\s+(?:an?\s+)?|(?:画幅|比例|宽高比)(?:是|为|：|:)?\s*)$", re.I
)
RATIO_BEHIND = re.compile(
    r"\s*(?:aspect\s+ratio|format|ratio)(?![a-z])|\s*(?:的)?(?:画幅|比例|画面)|的", re.I
)
FADE = re.compile(
    r"(?:with\s+|用|使用)?(?:cross-?\s?fad(?:e[sd]?|ing)|dissolv(?:e[sd]?|ing)|fade\s+transitions?"
    r"|交叉淡入淡出|淡入淡出|叠化|溶解转场|交叉溶解)(?:\s+(?:transitions?|between\s+(?:the\s+)?(?:shots|them|scenes)))?(?:转场|过渡)?",
    re.I,
)
CUT = re.compile(r"(?<![a-z])hard\s+cuts?(?![a-z])|硬切|直接切换", re.I)
SUBTITLES = re.compile(
    r"(?:with\s+|and\s+|add\s+)?(?P<burned>(?<![a-z])(?:burn(?:ed|t)?[- ]?in\s+|hard(?:coded)?\s+))?"
    r"(?<![a-z])(?:subtitles?|captions?)(?![a-z])(?:\s+(?P<into>burn(?:ed|t)[ -]?in(?:to\s+the\s+(?:picture|video|frames?))?))?"
    r"|(?:要|带|加|配|有)?(?:上)?(?P<hard>硬|内嵌|烧录|压制)?(?:的)?字幕(?P<press>烧录|压进画面|嵌入画面)?",
    re.I,
)
NO_SUBTITLES = re.compile(
    r"(?<![a-z])(?:no|without)\s+(?:subtitles?|captions?)|不要字幕|无字幕", re.I
)
NO_MUSIC = re.compile(
    r"(?<![a-z])(?:no|without(?:\s+any)?)\s+(?:background\s+)?(?:music|soundtrack|score)(?![a-z])"
    r"|(?:不要|不用|不需要|无|没有)(?:任何)?(?:背景)?(?:音乐|配乐)",
    re.I,
)
NO_VOCALS = re.compile(
    r"(?<![a-z])(?:no|without)\s+(?:vocals?|singing)(?![a-z])|instrumental|不要人声|无人声|纯音乐",
    re.I,
)
SAME = re.compile(
    r"(?<![a-z])(?:the\s+)?same\s+(?:character|subject|person|product)|同一(?:个|位|只)?(?:角色|主角|人物|主体|产品)",
    re.I,
)
REFERENCE = re.compile(
    r"(?<![a-z])(?:as\s+(?:a\s+)?reference|reference\s+(?:image|video))(?![a-z])|参考图|作为?参考|参考生",
    re.I,
)
ONE_TAKE = re.compile(r"(?<![a-z])(?:in\s+)?one\s+(?:continuous\s+)?take(?![a-z])|一镜到底", re.I)

MUSIC_HEAD = re.compile(
    r"(?:music|soundtrack|score|piano|guitar|jazz|lo-?fi|beats?|bgm|tune|melody|orchestra|strings|techno|ambient"
    r"|hip-?hop|synth(?:wave)?|violin|drums|rock|pop|electronica?|waltz|ukulele|cello|harp|flute|trumpet"
    r"|saxophone|accordion|harmonica|marimba|reggae|folk|blues|funk|choir)(?:\s+(?:music|soundtrack|track))?\W*$",
    re.I,
)
MUSIC_HEAD_ZH = re.compile(
    r"(?:音乐|配乐|背景乐|bgm|乐曲|钢琴曲?|吉他|古筝曲?|古琴|琵琶|二胡|笛子|萨克斯|小提琴|大提琴|尤克里里|竖琴|长笛|手风琴|口琴|太鼓|鼓点"
    r"|爵士乐?|摇滚乐?|说唱|嘻哈|电音|民谣|交响乐|管弦乐|节奏)[”\"。]*$",
    re.I,
)
MUSIC_LABEL = re.compile(
    r"^\s*(?:(?:background\s+)?music|soundtrack|score|bgm)\s*[:：-]\s*|^\s*(?:背景)?(?:配乐|音乐)\s*[:：]?\s*(?=\S)",
    re.I,
)
MUSIC_JOIN = re.compile(
    r"^\s*(?:(?:and|with|plus|add|set\s+to|over|to|some|a|an)\s+)+|^\s*(?:并|再|加上|配上|配|加|有|要|用|带|以及|和)+\s*",
    re.I,
)
SONG = re.compile(r"(?<![a-z])(?:song|mv|music\s+video)(?![a-z])|(?:^|[^a-z])mv|歌", re.I)

STYLE = re.compile(
    r"^(?:in\s+|with\s+)?(?:an?\s+|the\s+)?(?P<style>[\w -]{2,40}?\s*(?:style|look|aesthetic|feel|mood|vibe|atmosphere))$"
    r"|^(?:要|有|带)?(?:点|些)?(?P<zh>[\w\u4e00-\u9fff]{1,20}?(?:风格|质感|色调|氛围|感))$"
    r"|^(?:要|画面)?(?P<zh2>大气|唯美|温馨|复古|梦幻|高级|简约|治愈)$"
    r"|^(?:in\s+)?(?P<word>cinematic|black\s+and\s+white|watercolou?r|photorealistic|film\s+noir|anime|电影感|黑白|水彩|国风|写实|动漫|赛博朋克)$",
    re.I,
)
TIME_LAPSE = re.compile(r"(?<![a-z])time-?lapse(?![a-z])|延时摄影", re.I)
STYLE_LABEL = re.compile(r"^(?:style|look|风格|画风)\s*[:：]\s*(?P<style>.+)$", re.I)

LABEL = re.compile(
    rf"(?:(?<![a-z])(?:scene|shot|clip)\s*#?(?:{N})|(?:镜头|场景|画面|分镜)\s*(?:{N})|第(?:{N})(?:幕|镜|个镜头|个场景|场))"
    r"\s*[:：.、)）\-–—]+(?!(?:mp4|mov|webm|m4v|mp3|wav|m4a|png|jpe?g|webp)(?![a-z0-9]))\s*",
    re.I,
)
NUMBER = re.compile(r"(?:^|(?<=[\s:：。；;，,]))(?P<n>\d{1,2})\s*[.)、）](?!\d)\s*")
_THINGS = r"(?:shots?|scenes?|acts|clips?|panels?|frames?|个?分?镜头?|个?场景|个?片段|段短?(?:视频|画面)?|格|幕)"
SHOTS = re.compile(
    rf"(?<![a-z0-9.])(?P<n>{N})[ -]*(?:different\s+|short\s+|single\s+)?"
    r"(?:shots?|scenes?|个?分?镜头|个?分镜|个?场景)(?![a-z])",
    re.I,
)
"""A number of shots, which only a film has; clips may be wanted one by one."""
SCRIPT = re.compile(r"(?<![a-z])(?:script|screenplay)(?![a-z])|剧本|脚本", re.I)
SLUG = re.compile(
    r"(?:^|(?<=[.!?] )|(?<=\n))(?:INT|EXT)\.\s+(?P<place>[^.\n]{2,60}?)(?:\s+[-–—]+\s*(?P<time>[^.\n]{2,20}))?[.\n]\s*"
)
"""Where a scene of a screenplay begins: "INT. KITCHEN - DAY."."""
TYPED = re.compile(
    r"(?:^|(?<=[,;，；、:：.。] )|(?<=[,;，；、:：.。]))(?:and\s+|an?\s+|the\s+)*(?P<kind>"
    r"(?:extreme\s+)?(?:wide|long|medium|establishing|aerial|drone|tracking|overhead|low[- ]angle|hero|close-?up)"
    r"(?:\s+shot|(?<=close-up)|(?<=closeup))|(?:全景|远景|中景|近景|特写|航拍|俯拍|仰拍|跟拍))"
    r"(?=\s+(?:of|on|from)\s|\s*[：:]|[\u4e00-\u9fff])",
    re.I,
)
"""A clause that begins with a kind of shot: "wide shot of a desert"."""
COUNT = re.compile(
    rf"(?<![a-z0-9.])(?P<n>{N})\s*(?:different\s+|short\s+|single\s+)?{_THINGS}(?![a-z])", re.I
)
LISTED = re.compile(
    rf"(?:(?<![a-z0-9.])(?P<n>{N})\s*(?:different\s+|short\s+)?{_THINGS}(?![a-z])|(?<![a-z])(?:shots|scenes|storyboard)|分镜头?|镜头)"
    r"(?P<between>[^:：.。!！?？\n;；,，]{0,40})[:：]",
    re.I,
)
OF = re.compile(
    rf"(?<![a-z0-9.])(?P<n>{N})\s*(?:different\s+|short\s+)?(?:shots|scenes|clips)\s+of\s+", re.I
)
SEQUENCE = re.compile(
    r"(?:(?<=^)|(?<=[,，;；.。!！、:：\n])|(?<=[,;.!:] ))(?:and\s+)?"
    r"(?P<word>first(?:\s+of\s+all)?|then|next(?!\s+to)|after\s+that|afterwards|finally|lastly|at\s+the\s+end"
    r"|首先|先(?:是)?(?!生)|然后|接着|接下来|随后|之后|再(?=[\u4e00-\u9fff])|最后)\s*,?，?\s*",
    re.I,
)
OTHER_MEDIA = re.compile(
    r"(?<![a-z])(?:posters?|pictures?|images?|photos?|logos?|songs?|soundtracks?|animate[ds]?|videos?|films?|draw|paint|theme\s+song)(?![a-z])"
    r"|(?<![a-z])(?:trailer|mv|a\s+still)(?![a-z])|mv|歌|唱|形象|画出来|配一?段|海报|图片|一张|画一|画个|照片|插画|歌曲|配乐|视频|短片|影片|動畫|动画|做成|配音",
    re.I,
)
FILM = re.compile(
    r"(?<![a-z])(?:video|film|movie|clip|commercial|ad|advert|trailer|teaser|promo|documentary|slideshow|mv|reel|vlog|time-?lapse|photo\s+album|montage)s?(?![a-z])"
    r"|(?<![a-z])short(?=\s*(?:[,.;]|$))|视频|短片|影片|宣传片|广告片?|mv|片子|短视频|预告片|動畫|微电影|纪录片|片头|默片|预告|vlog|延时摄影|抖音(?!号|头像|封面|风)"
    r"|电影(?!感|级|院|票|海报|画面|质感|镜头|风|色调|原声)|相册(?!封面)",
    re.I,
)
_OCCASIONS_EN = r"birthday|wedding|anniversary|graduation|engagement|retirement|farewell|reunion|memorial|holiday|travel"
_OCCASIONS_ZH = r"生日|婚礼|周年|纪念日|毕业|求婚|满月|年会|拜年|退休|告别|同学会|旅行|旅游"
WHOLE_FILM = re.compile(
    r"(?<![a-z])(?:music\s+video|mv|product\s+(?:video|film)|promo(?:tional)?(?:\s+(?:video|film))?|commercial|ads?|adverts?|trailer|teaser|brand\s+film|documentary)(?![a-z])"
    rf"|(?<![a-z])(?:{_OCCASIONS_EN})\s+(?:videos?|films?|movies?)(?![a-z])|(?<![a-z])vlogs?(?![a-z])"
    rf"|(?<![a-z])mv|宣传片|广告片?|产品视频|产品片|微电影|预告片|带货视频|纪录片|vlog"
    rf"|(?:{_OCCASIONS_ZH})(?:祝福|纪念|回忆)?(?:视频|短片|影片|片)",
    re.I,
)
OCCASION = re.compile(
    rf"(?<![a-z])(?P<en>{_OCCASIONS_EN})\s+(?:videos?|films?|movies?)(?![a-z])"
    rf"|(?P<zh>{_OCCASIONS_ZH})(?:祝福|纪念|回忆)?(?:视频|短片|影片|片)",
    re.I,
)
"""What a film is made for: a birthday, a wedding."""
FROM_TO = re.compile(
    r"(?:from\s+(?P<a>\S+\.(?:png|jpe?g|webp))\s+to\s+(?P<b>\S+\.(?:png|jpe?g|webp)))"
    r"|从\s*(?P<c>[^\s,，。]+?\.(?:png|jpe?g|webp))\s*(?:过渡|变化?|转变|渐变)?(?:到|成|至)\s*(?P<d>[^\s,，。]+?\.(?:png|jpe?g|webp))",
    re.I,
)
NAMED_FILE = re.compile(
    r"https?://\S+|[^\s,，、。；;（）()：:]+\.(?:mp4|mov|webm|m4v|mp3|wav|m4a)\b", re.I
)
"""A link, or a file that is no picture: clip.mp4 asks for no clip."""
SOUND_NAME = re.compile(
    r"(?:\s*(?:(?:and|with|for|to|using|set\s+to)\s+)?(?:(?:my|our|the)\s+)?(?:music|song|track|soundtrack)?\s*(?:from|in)?\s*"
    r"|(?:给|用|配上?|以)?(?:我的|这首)?(?:歌曲?|音乐|配乐)?)"
    r"(?<![a-z0-9])(?P<name>[a-z0-9_~./\\-]{1,120}\.(?:mp3|wav|m4a|flac|ogg|aac))(?![a-z0-9])(?:做?为?(?:配乐|背景音乐))?",
    re.I,
)
"""A sound of one's own: the music of the film."""
IN_A_PICTURE = re.compile(
    r"\s*(?:(?:in|from|on|of|with)\s+)?[^\s,，、。；;（）()：:]+\.(?:png|jpe?g|webp)", re.I
)
IMAGE_NAME = re.compile(r"[^\s,，、。；;（）()：:]+\.(?:png|jpe?g|webp)", re.I)
PRONOUN = re.compile(r"^(?:it|he|she|its|his|her)\b\s*|^(?:它|他|她)(?!们)(?:的)?", re.I)
ANY_PRONOUN = re.compile(r"(?<![a-z])(?:it|he|she|they|its|his|her)(?![a-z'])|它|他|她", re.I)
SUBJECT = re.compile(
    r"(?:做|拍|来|制作|生成)(?:一[个段部条]|[个段部条])?(?!(?:一?[个段部条支])?(?:关于|介绍|展示|讲))(?P<zh4>[^，,。；;：:的\d]{1,20})的"
    r"(?:视频|短片|影片|宣传片|广告|片子|纪录片|预告|mv|vlog)"
    r"|(?:^|[。.\s])(?:film|video|movie|短片|短视频|视频|影片|广告)\s*[:：]\s*(?P<label>[^,;.:：，。；]{2,60})"
    r"|(?:主角|主人公|主体|主题)(?:是|为|：|:)\s*(?P<zh1>[^，,。；;：:]{1,40})"
    r"|给(?!我(?:们)?(?:做|拍|制作)|咱|你)(?:这|那)?(?:款|个|只|台|件|双)?(?P<zh2>[^，,。；;：:（(]{1,20}?)(?:（[^）]*）|\([^)]*\))?(?:做|拍|制作)"
    r"|(?:关于|介绍|展示)(?P<zh3>[^，,。；;：:]{1,30}?)"
    r"(?:的(?=[^，,。；;：:]{0,8}(?:片|视频|广告|mv|vlog))|(?=[，,。；;：:])|$)"
    r"|讲(?:述|的是)?(?:一个)?(?P<zh5>[^，,。；;：:]{2,30}?)(?:的故事)?(?=[，,。；;：:]|$)"
    r"|(?<![a-z])(?:about|of|starring|featuring|for|(?<=music\svideo\s)with)\s+(?P<en>(?:an?\s+|the\s+|my\s+)?[^,;.:：，。]{2,80}?)"
    rf"(?=\s+(?:using|over|for|as|set)\s|\s+from\s+(?:{N}\s|my\s|the\s+(?:photo|picture|image)|\S+\.(?:png|jpe?g|webp))|\s+that\s+(?:is|lasts|should|runs|says)\s"
    rf"|\s+in\s+(?:{N}\s|the\s+style|[\w-]+\s+style|black\s+and|watercolou?r|anime|vertical|horizontal|one\s)"
    rf"|\s+with\s+(?:{N}\s|(?:[\w-]+\s+){{0,3}}(?:music|soundtrack|score|piano|beat|voice|narrat|subtitle|caption"
    r"|title|fade|cross|transition|effect|sound))|\s+with\s*(?:$|and\s)|\s*[,;.:：，。]|\s*$)",
    re.I,
)
PLACE_ZH = re.compile(r"^(?P<who>[^在]{1,20})在(?P<where>[^在]+)$")
PLACE_EN = re.compile(
    r"^(?P<who>(?:an?\s+|the\s+|my\s+)?[\w' -]{1,40}?)\s+(?P<where>(?:on|in|at|by|under|over|inside|near|beside|behind|through|across)\s+.+)$",
    re.I,
)
VERBS_ZH = re.compile(
    r"^(?:一[个只位名条件座艘台])?(?!在)(?P<who>[\u4e00-\u9fff]{1,6}?)"
    r"(?=进|出|走|跑|来|拿|接|看|坐|站|吹|落|发芽|在|从|把|被|醒|飞(?![船机行碟])|跳|游|说|笑|哭|打|推|拉|举|转|望|放|抱|冲|开|揉|捧)"
)
ARTICLE_EN = re.compile(
    r"^(?P<who>(?:an?|the)\s+(?:\w+\s+){0,2}?\w+)\s+(?=\w+(?:s|ed|ing)\b)", re.I
)
BREAK = re.compile(r"[;；\n]+|(?<!\d)\.(?!\w)|\.(?=\s|$)|[。!！?？]+")
COMMA = re.compile(r",(?!\d)\s*(?:and\s+)?|，|\s+and\s+(?=(?:on|in|at|by|under)\s)")
DUN = re.compile(r"、")
STILLS = re.compile(r"(?<![a-z])(?:posters?|pictures?|images?|draw)|海报|图片|画一|一张|的图", re.I)
SUBJECT_BEFORE = re.compile(
    r"(?:^|(?<=[，,。；;：:\s]))(?:我|请|帮|给|为|想|要|需要|做|拍|来|制作|生成|一下|\s)*"
    r"(?:一?[个段部条支则款只]|一)?\s*的?\s*(?P<zh>[\u4e00-\u9fffA-Za-z0-9]{1,14}?)的?\s*"
    r"(?:产品|品牌|新品)?(?:宣传片|广告片?|短片|短视频|视频|影片|预告片?|纪录片|默片|宣传mv|mv|vlog)"
    r"|(?<![a-z])(?:an?|the|my|our)\s+(?P<en>(?:[a-z][\w'-]*\s+){1,4}?)"
    r"(?:ads?|adverts?|commercials?|trailers?|promos?|films?|videos?|clips?|reels?)(?![a-z])",
    re.I,
)
"""What stands right before the word for the film: 跑鞋宣传片, "a coffee ad"."""
NO_SUBJECT = frozenset(
    {
        "个", "一个", "段", "一段", "部", "一部", "条", "一条", "支", "一支", "抖音", "快手", "小红书", "视频号", "vlog", "黑白", "彩色", "国风", "科幻", "恐怖", "搞笑", "悬疑", "爱情", "动作", "剧情",
        "儿童", "故事", "儿童故事", "科幻电影", "电影",
        "tiktok", "instagram", "youtube", "horror", "sci-fi", "comedy", "action", "movie", "romance",
        "的", "产品", "品牌", "宣传", "短", "小", "首歌", "首歌的", "一首歌", "新品", "广告", "音乐", "商品", "企业", "公司",
        "short", "quick", "little", "small", "simple", "new", "nice", "cool", "music", "product",
        "brand", "promo", "promotional", "cinematic", "vertical", "horizontal", "demo", "launch",
        "teaser", "full", "whole", "social", "final", "finished", "complete", "lyric", "great",
    }
)  # fmt: skip
SINGER = re.compile(r"[,，;；]?\s*(?:女声|男声|(?:fe)?male (?:voice|vocals?))", re.I)
LEADING_SHOOT = re.compile(r"^(?:拍摄?|拍一下)(?=[\u4e00-\u9fff]{2})")
GOES_ON = re.compile(
    r"^(?:\w+(?:s|ed)\s|(?:进|出|走|跑|来|拿|接|看|坐|站|吹|落|发芽|在|把|被|醒|飞|跳|游|说|笑|哭|打|推|拉|举|转|望|放|抱|冲|开|揉|捧))",
    re.I,
)
"""A shot that goes on with the one before: it begins with what is done."""
LEADING_AND = re.compile(r"^(?:and|和|以及)\s*", re.I)
SHOWN_ZH = re.compile(r"^(?P<who>[\u4e00-\u9fff]{1,8}?)(?:的)?(?:特写|全景|近景|展示)")
"""耳机特写: who or what the first shot of a product film shows."""
SHOT_KIND = re.compile(
    r"(?<![a-z])(?:close[- ]?ups?|(?:wide|long|medium|establishing|opening|aerial|drone|tracking|closing)\s+shot)"
    r"|特写|全景|远景|中景|近景|航拍",
    re.I,
)
"""A kind of shot: who says one thinks of several."""
LENSES = re.compile(r"相机|手机|摄像|lens", re.I)
PLACES = re.compile(
    r"(?:(?:videos?|films?|clips?)\s+of\s+(?P<who>[\w' -]{1,40}?)\s+(?P<where>(?:in|on|at|by|under|near)\s[^.;]+))"
    r"|(?:^|[，,。])(?:拍|做)?(?P<wer>[^，,。在]{1,20})在(?P<wo>[^，,。]+?)的(?:视频|短片|片子|影片)",
    re.I,
)
"""One and the same in several places: a film only where each of them has a length."""
FRAMES = re.compile(
    r"(?<![a-z])(?:first|last|start(?:s|ing)?|ends?|ending|opens?|clos(?:e|es|ing)|begin(?:s|ning)?|transition|before|after)(?![a-z])"
    r"|首帧|尾帧|首尾|过渡|开头|结尾|变成|变为",
    re.I,
)
"""Pictures that are the first and last frame of one video."""
MUSIC_VIDEO = re.compile(r"(?<![a-z])(?:music\s+video|mv)(?![a-z])", re.I)
A_SONG = re.compile(r"(?<![a-z])(?:a|the)\s+(?:theme\s+)?song(?![a-z])|首歌", re.I)
MOVING_EN = "slow, gentle camera movement"
MOVING_ZH = "镜头缓缓移动"
TRANSITION_EN = "a natural transition from the first picture to the last"
TRANSITION_ZH = "从第一幅画面自然过渡到最后一幅"
AT_A_PLACE = re.compile(
    r"^(?:on|in|at|by|under|over|inside|near|beside|behind|through|across)\s", re.I
)
MUSIC_LINE = re.compile(
    r"(?:^|(?<=[\n.;。；,，])) *(?:(?:background\s+)?music|soundtrack|score|bgm|背景音乐|配乐|音乐)"
    r"\s*[:：]\s*(?P<plain>[^\n.;。；]+)",
    re.I,
)
MUSIC_TAIL = re.compile(
    r"\s+(?:and|with|plus|over)\s+(?P<plain>(?:[\w-]+\s+){0,4}?(?:music|soundtrack|score|bgm))"
    r"(?=\s*(?:[,.;]|$|and\s))"
    r"|[,，]?\s*(?:再)?(?:配上?|加上?|带上?|来点|和)"
    r"(?P<zh>[^，,。；;：:“”\s]{0,12}?(?:音乐|配乐|bgm|古筝|钢琴|吉他|琵琶|笛声))",
    re.I,
)
