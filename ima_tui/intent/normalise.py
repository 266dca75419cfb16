"""One form for everything people type, with the way back to the text as it was typed.

Full-width forms, letter case, accents on Latin letters and the traditional characters that occur
in the vocabulary are folded away; every folded character remembers where it came from, so that
whatever is found can be marked in the original.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ima_tui.core.records import dataclass
from ima_tui.intent.tokens import HIDDEN

HEAD, TAIL = 800, 200
"""Characters read whole at the two ends of a long text. Of the middle, the sentences that ask for
something or set a parameter are read."""
_ASKS = re.compile(
    r"\b(?:please|i(?:'d| would)? (?:need|want|like)|we (?:need|want)"
    r"|(?:make|create|generate|render|draw|paint|animate|compose|record|narrate|produce|turn)"
    r" (?:me|it|this|that|an?|the|us|some)"
    r"|as an? (?:\w+ ){0,2}(?:photo|picture|image|poster|painting|drawing|illustration|video|clip"
    r"|film|animation|song|track|voice-?over|narration)|negative prompts?|aspect ratio|seed|don't"
    r"|use|using|read (?:aloud|out)|\d+ ?(?:s|secs?|seconds?|fps|bpm|p|k)|vertical"
    r"|horizontal|portrait"
    r"|landscape|square)\b|(?<![\d:.])\d{1,2}[:：]\d{1,2}(?![\d:.])|\d ?秒|[竖豎横橫]屏"
    r"|[请請]|[帮幫]我|做成|生成|制作|製作"
    r"|[我们們](?:想?要|需要)|来一|來一|画一|畫一|写一首|寫一首|比例|分辨率|负面|負面|不要|用[^\s,，。]{1,12}(?:做|画|生成)",
    re.I,
)
_SENTENCE_ENDS = ".。!！?？\n;；"
_MOST_READ, _LONGEST_READ = 600, 150
"""Characters of the middle, and of each sentence on both sides of what asks."""

_TRADITIONAL = (
    "牠它"
    "來来個个們们値值側侧傘伞備备傳传債债傷伤傾倾僅仅僑侨價价儀仪億亿優优兇凶兒儿內内兩两冊册凍冻凱凯別别刪删則则剎刹剛刚創创劃划劇剧劍剑動动務务勝胜勞劳勢势勸劝匯汇匱匮區区協协卻却"
    "參参吳吴吶呐員员唄呗唸念問问啟启喚唤喪丧喬乔單单喲哟嗎吗嘆叹嘗尝噴喷噹当嚇吓嚐尝嚕噜嚨咙嚴严囑嘱國国圍围園园圓圆圖图團团執执報报場场塵尘墊垫墮堕墳坟壇坛壓压壞坏壩坝壯壮壺壶夠够"
    "夢梦夾夹奧奥奪夺奮奋妝妆妳你娛娱婦妇媽妈嬌娇嬰婴孫孙學学孿孪宮宫寢寝實实審审寫写寬宽寶宝將将專专尋寻對对導导尷尴屍尸層层屬属島岛嶺岭嶼屿巖岩師师帳帐帶带幀帧幃帷幣币幫帮幹干幾几"
    "広广庫库廈厦廚厨廟庙廠厂廢废廣广廳厅弔吊張张強强彈弹彎弯彙汇彥彦後后徑径從从復复徵征徹彻恆恒恥耻悅悦愛爱態态慣惯慶庆憂忧憐怜憑凭憤愤憶忆應应懶懒懷怀懸悬懼惧戀恋戰战戲戏戶户拋抛"
    "挾挟捲卷掃扫掛挂採采揀拣揚扬換换揮挥搖摇搗捣搶抢撈捞撥拨撲扑撿捡擁拥擇择擊击擋挡擔担據据擠挤擬拟擴扩擺摆擾扰攔拦攜携攝摄敗败敘叙數数斷断於于時时晝昼暈晕暫暂曬晒書书會会朧胧東东"
    "條条棗枣棟栋楊杨業业極极楽乐構构樂乐樓楼標标樣样樸朴樹树橋桥機机橫横檔档檢检檯台櫻樱欄栏權权欽钦歡欢歩步歷历歸归殘残殺杀毀毁毆殴氣气決决沒没沖冲況况洩泄涼凉淚泪淨净淺浅渾浑湧涌"
    "準准溫温溼湿滅灭滬沪滾滚滿满漁渔漢汉潔洁澤泽濃浓濕湿濱滨瀏浏灑洒灘滩灣湾災灾為为烏乌無无煉炼煙烟熱热燈灯燒烧營营燭烛爐炉爭争爺爷牆墙牽牵狀状猶犹獅狮獎奖獨独獲获獸兽現现瑪玛環环"
    "瓊琼甚什產产甦苏畢毕畫画異异畵画當当疊叠瘋疯療疗發发皺皱盜盗盞盏盡尽監监盤盘眾众睏困睜睁瞭了矇蒙矯矫砲炮硃朱確确碼码磚砖礦矿祕秘禮礼禿秃種种稱称穀谷積积穩稳窩窝窮穷窯窑竄窜競竞"
    "筆笔節节範范築筑簡简簽签籃篮籠笼籤签糧粮紅红紋纹納纳純纯紙纸級级紡纺紮扎細细終终組组結结給给絨绒統统絲丝絵绘經经綠绿綢绸維维網网綿绵緊紧緒绪線线緣缘編编緩缓練练緻致縣县縫缝縮缩"
    "縱纵總总績绩織织繞绕繡绣繪绘繼继續续罵骂羅罗羨羡義义習习聖圣聞闻聯联聲声聳耸職职聽听肅肃脈脉脫脱腦脑腳脚膽胆臉脸臘腊臨临臺台與与舉举舊旧艙舱艦舰芻刍莊庄華华萬万葉叶著着蒼苍蓋盖"
    "蓮莲蔥葱蕩荡蕭萧薦荐藉借藍蓝藝艺藥药蘇苏蘋苹蘭兰處处虛虚號号蝦虾蝸蜗蟬蝉蟲虫蠟蜡術术衛卫衝冲裏里補补裝装裡里製制複复襯衬見见規规視视覺觉覽览觀观觸触訂订計计訊讯訓训記记訪访設设"
    "許许訴诉評评詞词詢询試试詩诗話话該该詳详誇夸誌志認认誕诞語语誠诚誤误說说誰谁課课調调談谈請请論论諸诸諾诺謎谜講讲謝谢證证識识譜谱譯译議议護护讀读變变讓让讚赞豎竖豐丰豔艳豬猪貓猫"
    "財财貨货販贩貫贯責责貴贵買买貸贷費费貼贴貿贸賀贺資资賓宾賞赏賢贤賣卖質质賬账賽赛贈赠贏赢趕赶跡迹踐践躍跃車车軌轨軍军軟软較较載载輔辅輕轻輛辆輝辉輪轮輯辑輸输轉转轎轿轟轰辦办辭辞"
    "農农迴回這这連连週周進进遊游運运過过達达違违遙遥遞递遠远適适遲迟選选遺遗邁迈還还邊边邏逻郵邮鄉乡醜丑醫医釀酿釋释釘钉針针釣钓鈴铃鉛铅鉤钩銀银銅铜銳锐鋒锋鋪铺鋼钢錄录錢钱錦锦錯错"
    "錶表鍊链鍋锅鍵键鎖锁鎮镇鏈链鏡镜鐘钟鐮镰鐵铁鑰钥長长門门閃闪閉闭開开閒闲間间閱阅闊阔關关陣阵陰阴陳陈陸陆陽阳隊队階阶際际隨随險险隱隐隸隶隻只雖虽雙双雜杂雞鸡離离難难雲云電电霧雾"
    "靈灵靜静響响頁页頂顶項项順顺須须預预頓顿領领頭头頰颊頸颈頻频顆颗題题顏颜願愿類类顯显風风颱台飄飘飛飞飢饥飯饭飲饮飾饰餅饼養养館馆馬马駕驾駝驼駡骂駱骆騎骑騰腾驗验驚惊體体髮发鬆松"
    "鬍胡鬢鬓鬥斗鬧闹魚鱼魯鲁鮮鲜鯉鲤鯨鲸鱷鳄鳥鸟鳳凤鴨鸭鴿鸽鵝鹅鵡鹉鷹鹰鷺鹭鸚鹦麗丽麥麦麵面麼么黃黄點点黨党黴霉齊齐齋斋齒齿齡龄龍龙龜龟"
)
_SIMPLE = {_TRADITIONAL[i]: _TRADITIONAL[i + 1] for i in range(0, len(_TRADITIONAL), 2)}
_PUNCTUATION = {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "ı": "i", "\u3000": " "}


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` folded; character i came from `original[origins[i]:ends[i]]`."""

    original: str
    text: str
    origins: tuple[int, ...] | range
    ends: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of `text[start:end]`."""
        if start >= end or start >= len(self.text):
            return (len(self.original), len(self.original))
        return (self.origins[start], self.ends[min(end, len(self.text)) - 1])


@lru_cache(maxsize=16_384)
def fold_character(character: str) -> str:
    """One character as the vocabulary writes it; may become several, or none."""
    simple = _PUNCTUATION.get(character) or _SIMPLE.get(character)
    if simple is not None:
        return simple
    category = unicodedata.category(character)
    if category == "Nd":  # digits of every script
        return str(unicodedata.decimal(character))
    if category in ("Cf", "Mn"):
        return ""
    if category in ("Cc", "Cs"):
        return character if character == "\n" else " "
    folded = unicodedata.normalize("NFKC", character).casefold()
    if not folded.isascii() and all(unicodedata.name(c, "").startswith("LATIN") for c in folded):
        parts = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in parts if not unicodedata.combining(c))
    return "".join(_PUNCTUATION.get(c) or _SIMPLE.get(c) or c for c in folded)


_BLANKS = {code: " " for code in (*range(32), 127) if code != 10}


def _ascii(text: str) -> str:
    return text.lower().translate(_BLANKS)


def fold(text: str) -> str:
    """`text` folded, without the way back: for comparing, and for reading the vocabulary."""
    return _ascii(text) if text.isascii() else "".join(map(fold_character, text))


def normalise(text: str) -> Plain:
    """`text` folded, with the way back. Of a long text the middle is hidden."""
    body = text.strip()
    start = len(text) - len(text.lstrip()) if body else 0
    middle = len(body) - HEAD - TAIL
    if middle > 0:
        return _ends_alone(text, body, start)
    folded = _folded(body)
    joined = "".join(folded)
    if len(joined) == len(body) and "" not in folded:
        end = start + len(body)
        return Plain(text, joined, range(start, end), range(start + 1, end + 1))
    origins = tuple(place for place, piece in enumerate(folded, start) for _ in piece)
    return Plain(text, joined, origins, tuple(place + 1 for place in origins))


def _ends_alone(text: str, body: str, start: int) -> Plain:
    """What is read of a long text, with one hidden character for each stretch that is not."""
    pieces: list[str] = []
    froms: list[int] = []
    tos: list[int] = []
    done = 0
    for first, last in [(0, HEAD), *_asking(body), (len(body) - TAIL, len(body))]:
        if first > done:
            pieces.append(HIDDEN)
            froms.append(start + done)
            tos.append(start + first)
        first = max(first, done)
        pieces += _folded(body[first:last])
        froms += range(start + first, start + last)
        tos += range(start + first + 1, start + last + 1)
        done = last
    origins = tuple(place for piece, place in zip(pieces, froms, strict=True) for _ in piece)
    ends = tuple(place for piece, place in zip(pieces, tos, strict=True) for _ in piece)
    return Plain(text, "".join(pieces), origins, ends)


def _asking(body: str) -> list[tuple[int, int]]:
    """The sentences of the middle that ask for something, the breaks around them included."""
    found: list[tuple[int, int]] = []
    place, end = HEAD, len(body) - TAIL
    read = 0
    while read < _MOST_READ and (asks := _ASKS.search(body, place, end)) is not None:
        earliest = max(place, asks.start() - _LONGEST_READ)
        before = max(body.rfind(sign, earliest, asks.start()) for sign in _SENTENCE_ENDS)
        latest = min(end, asks.end() + _LONGEST_READ)
        signs = (body.find(sign, asks.end(), latest) for sign in _SENTENCE_ENDS)
        behind = min((at for at in signs if at >= 0), default=latest - 1)
        first = before if before >= 0 else earliest
        found.append((first, behind + 1))
        read += behind + 1 - first
        place = behind + 1
    return found


def _folded(text: str) -> list[str]:
    return list(_ascii(text)) if text.isascii() else list(map(fold_character, text))
