"""Contact details and other patterns that a word list cannot say (站外联系方式与句式)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim_mall.domain.rules.matching import Level, Place, fold, overlaps

DIGITS = str.maketrans("零〇一幺二三四五六七八九壹贰叁肆伍陆柒捌玖", "001123456789123456789")
_PHONE = re.compile(r"(?<!\d)1[3-9](?:-?\d){9}(?!\d)")
_ID = r"[a-z][a-z0-9-]{5,19}|\d{5,11}"
_WECHAT = re.compile(
    rf"(?:微信|薇信|威信|徽信|weixin|wechat|v信|vx|wx|\+v|加v|加薇|➕v)(?:号|号码|是|为|:|加|搜)*(?:{_ID})"
    r"|(?:加|私|换|留|发)(?:个|下|一下|一个|我|你|您的?|你的?)*(?:微信|薇信|威信|vx(?![a-z])|v信)(?:号|:)*"
    rf"(?:{_ID})?"
)
_QQ = re.compile(
    r"(?:qq|扣扣|企鹅)(?:号|群|是|为|:|加)*\d{5,11}"
    r"|(?:加|私|留)(?:个|下|我|你|您的?)*(?:qq|扣扣)(?!糖|弹)"
)
_URL = re.compile(r"https?://|www\.[a-z0-9-]+\.|[a-z0-9-]+\.(?:com|cn|net|top|xyz|shop|vip|cc)(?![a-z])")
_LEAVE = re.compile(
    r"(?:去|到|在|走)(?:淘宝|天猫|京东|拼多多|抖音|闲鱼|微店)(?:上|店铺|店)?(?:下单|付款|拍|交易|买更便宜)"
    r"|线下(?:转账|交易)|私下(?:转账|交易|付款)|直接转账"
)
# a seat that declines what a buyer proposes: 平台不允许私下交易, 不能加微信
_DECLINES = re.compile(
    r"(?:(?<![可能行好要])不(?:能|可以?|允许|支持|接受|方便|得|要)|禁止|拒绝|谨防|切勿|请勿|没法|无法)[^,.!?;:、]{0,5}$"
    r"|(?<![可能行好要])不$"
)
_NAMED = re.compile(rf"(?:{_ID})$")
_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx](?![\da-z])")
_FIRST = re.compile(r"(?:no\.?|top)1(?!\d)")
_QUICK = re.compile(
    r"[\d一二三四五六七八九十两半]{1,4}(?:天|日|周|个月|分钟|次|疗程)(?:内|就|即可|就能|立刻)*"
    r"(?:见效|痊愈|治好|变白|美白|瘦\d)"
)
_SALES = re.compile(r"(?:热销|已售|狂销|累计售出|销量)[\d.一二三四五六七八九十百千两几]+(?:万|亿)")
_PRIZE = re.compile(
    r"(?:抽|送|奖)[^。，,!！]{0,8}?(\d+(?:\.\d+)?)(万?)元?(?:大奖|现金|红包|奖品|奖金)"
    r"|(?:奖金|奖品价值|大奖)(\d+(?:\.\d+)?)(万?)元"
)
PRIZE_LIMIT = 50_000  # yuan; 规范促销行为暂行规定第十七条


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern found at text[start:end], as typed."""

    rule: str
    level: Level
    what: str
    advice: str
    start: int
    end: int


_STAY = "请在平台内沟通和交易，删去联系方式。"


_PROPOSALS = ("微信号", "QQ 号", "引导站外交易")


def _declined(folded: str, match: re.Match[str]) -> bool:
    """Say whether the words before turn a proposal down, and no account is named."""
    return _NAMED.search(match.group()) is None and _DECLINES.search(folded[: match.start()]) is not None


def contact_patterns(text: str) -> list[Found]:
    """Return the contact details in a text: phone, WeChat, QQ, addresses of other sites, deals off the platform."""
    folded, places = fold(text)
    digits = folded.translate(DIGITS)
    found: list[Found] = []
    taken: list[tuple[int, int]] = []
    for pattern, haystack, what in (
        (_IDENTITY, folded, "身份证号"),
        (_PHONE, digits, "手机号"),
        (_WECHAT, folded, "微信号"),
        (_QQ, folded, "QQ 号"),
        (_URL, folded, "站外网址"),
        (_LEAVE, folded, "引导站外交易"),
    ):
        for match in pattern.finditer(haystack):
            if overlaps(taken, match.start(), match.end()) or (what in _PROPOSALS and _declined(folded, match)):
                continue
            taken.append((match.start(), match.end()))
            rule = "R11" if what == "身份证号" else "R10"
            advice = "不要在聊天里发送身份证号等个人信息。" if rule == "R11" else _STAY
            found.append(Found(rule, Level.BAN, what, advice, places[match.start()], places[match.end() - 1] + 1))
    return found


def claim_patterns(text: str, place: Place) -> list[Found]:
    """Return claims of a fixed shape: ranks, quick cures, round sales figures, prizes beyond the limit."""
    folded, places = fold(text)
    found: list[Found] = []

    def add(match: re.Match[str], rule: str, level: Level, what: str, advice: str) -> None:
        found.append(Found(rule, level, what, advice, places[match.start()], places[match.end() - 1] + 1))

    for match in _FIRST.finditer(folded):
        add(match, "R1", Level.BAN, "排名说法", "写明统计范围、时间和数据来源；没有来源就删去。")
    for match in _QUICK.finditer(folded):
        add(match, "R16", Level.BAN, "速效说法", "普通商品不能保证效果和时间，请删去。")
    for match in _SALES.finditer(folded):
        add(match, "R12", Level.CAUTION, "销量说法", "销量以页面显示的已售数为准；没有依据就删去。")
    for match in _PRIZE.finditer(folded):
        amount, unit = (match.group(1), match.group(2)) if match.group(1) else (match.group(3), match.group(4))
        if float(amount) * (10_000 if unit else 1) > PRIZE_LIMIT:
            level = Level.BAN
            add(match, "R17", level, "奖品超过 5 万元", "抽奖式有奖销售的最高奖不得超过 5 万元，请调低。")
    if place is not Place.LIVE:
        return [item for item in found if item.rule != "R17"]
    return found
