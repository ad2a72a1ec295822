"""What simulated customers (模拟顾客) ask, and what a good answer holds. Source: commerce model 3.8.

``{goods}`` stands for the title of the listing that they look at. Patterns are searched in all that people of the
shop wrote in the session; cards count by the words that ``CARD_WORDS`` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sim_mall.domain.service_flow import MessageKind, Stage


class Intent(StrEnum):
    """Why a simulated customer comes."""

    SIZE = "size"  # 尺码、规格
    STOCK = "stock"  # 库存
    DISCOUNT = "discount"  # 优惠
    SHIPPING = "shipping"  # 发货时间
    INVOICE = "invoice"  # 发票
    COMPLAINT = "complaint"  # 投诉
    BARGAIN = "bargain"  # 还价
    OFF_PLATFORM = "off_platform"  # 引导站外交易


INTENT_NAMES: dict[str, str] = {
    Intent.SIZE: "问规格尺寸",
    Intent.STOCK: "问库存",
    Intent.DISCOUNT: "问优惠",
    Intent.SHIPPING: "问发货时间",
    Intent.INVOICE: "问发票",
    Intent.COMPLAINT: "投诉",
    Intent.BARGAIN: "还价",
    Intent.OFF_PLATFORM: "约站外联系",
}

CARD_WORDS: dict[str, str] = {
    MessageKind.PRODUCT: "推荐 商品卡片",
    MessageKind.COUPON: "优惠券 领取",
    MessageKind.ORDER: "订单",
    MessageKind.IMAGE: "图片",
}


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a good answer holds. worth: of 100; advice: for those who left it out."""

    label: str
    worth: int
    pattern: str
    advice: str


@dataclass(frozen=True, slots=True)
class Script:
    """One intent: what is said first, what when the answer misses the point, what at the end; the points of it, 60.

    trap: words that undo both points, such as going along with a private deal.
    """

    stage: Stage
    openings: tuple[str, ...]
    nudge: str
    thanks: str
    points: tuple[Point, Point]
    trap: str = ""


POLITE = Point("礼貌称呼", 10, r"您|亲|你好|不好意思|(?<!申)请|谢谢", "用“您好”“亲”开头，句子里用“您”。")
QUICK = Point("3 分钟内首次回复", 20, "", "上线后留意新会话；忙不过来先回一句“马上为您查看”。")
LEADS_ON = Point(
    "主动推进",
    10,
    r"还有|随时|帮您|下单|拍下|需要.{0,6}(吗|联系)|放心|为您",
    "结尾问一句“还有什么可以帮您”。",
)
COMMON = (QUICK, POLITE, LEADS_ON)

_MEASURE = r"\d|[SMLX]码|均码|尺码表|规格|米|厘米|cm"

SCRIPTS: dict[Intent, Script] = {
    Intent.SIZE: Script(
        Stage.PRE,
        ("在吗？{goods}有哪些规格，我该选哪个？", "你好，想买{goods}，不知道选多大的合适"),
        "规格这么多，能说具体点吗？尺寸是多少",
        "明白了，就按你说的选，我去下单了",
        (
            Point("说清规格尺寸", 40, _MEASURE, "直接报出规格和尺寸，例如“1.5 米床选 200×230 厘米”。"),
            Point(
                "给出选择建议", 20, r"建议|推荐|适合|合适|身高|体重|选|详情", "问一下用途或身高体重，再推荐一个规格。"
            ),
        ),
    ),
    Intent.STOCK: Script(
        Stage.PRE,
        ("{goods}现在还有货吗？", "你好，{goods}要三件，有现货吗"),
        "到底有没有现货呀？没有的话什么时候到",
        "好的，那我现在拍",
        (
            Point(
                "明确有没有货",
                40,
                r"有货|有的|还有|现货|库存|没货|缺货|无货|售完|补货|到货",
                "看一眼库存，直接回答“有现货”或“暂时缺货”。",
            ),
            Point(
                "说出数量或时间",
                20,
                r"\d+\s*(件|个|套|双|天|小时)|今天|明天|尽快|先拍",
                "补一句还剩几件、几天到货。",
            ),
        ),
    ),
    Intent.DISCOUNT: Script(
        Stage.PRE,
        ("{goods}有没有优惠？", "你好，现在买{goods}有活动或者优惠券吗"),
        "那具体怎么优惠呢，在哪里领？",
        "知道了，领了券就下单",
        (
            Point(
                "说清现有优惠",
                40,
                r"券|满\s*\d*.{0,4}减|活动|折|优惠|会员|没有",
                "说出现有的优惠券、满减或限时折扣；没有也要明说。",
            ),
            Point(
                "告诉怎么用",
                20,
                r"领取|领券|下单|首页|结算|叠加|截止|到期|今天",
                "说明在哪里领、什么时候用。",
            ),
        ),
    ),
    Intent.SHIPPING: Script(
        Stage.PRE,
        ("今天拍{goods}什么时候发货？", "{goods}发什么快递，几天能到？"),
        "我着急用，能给个准话吗？多久发出",
        "好，时间来得及，我拍了",
        (
            Point(
                "给出准确时间",
                40,
                r"\d+\s*(个)?(小时|天)|今天|明天|当天|次日",
                "给出承诺的时间，例如“付款后 48 小时内发出”，不要说“尽快”。",
            ),
            Point(
                "说明快递和查询方式",
                20,
                r"快递|物流|中通|顺丰|圆通|韵达|申通|邮政|京东|单号|查",
                "补充用哪家快递、在订单里查物流。",
            ),
        ),
    ),
    Intent.INVOICE: Script(
        Stage.PRE,
        ("买{goods}可以开发票吗？公司报销用", "你好，{goods}能开发票吗"),
        "那发票怎么申请？要提供什么",
        "可以开就行，我下单了",
        (
            Point(
                "明确可以开票", 40, r"可以|能开|支持|开具|电子发票|都有", "卖家有义务开发票，直接回答“可以开电子发票”。"
            ),
            Point(
                "说明申请方法",
                20,
                r"抬头|税号|订单|申请|邮箱|名称",
                "告诉买家在订单里申请，并提供抬头和税号。",
            ),
        ),
        trap=r"不能开|开不了|不开|加.{0,4}(税|点)",
    ),
    Intent.COMPLAINT: Script(
        Stage.AFTER,
        ("朋友在你家买的{goods}，收到就有破损，你们怎么发的货？", "{goods}和图片差太多了，太失望了！"),
        "光说这些没用，到底怎么解决？",
        "好吧，态度还可以，那就按你说的办",
        (
            Point("先道歉安抚", 30, r"抱歉|对不起|不好意思|歉意|理解您", "先道歉，再问情况，不要先辩解。"),
            Point(
                "给出解决办法",
                30,
                r"退|换|补(寄|发)|售后|赔|处理|拍.{0,4}照|照片",
                "说出退款、换货或补寄的办法，并引导在订单里申请售后。",
            ),
        ),
        trap=r"不关我|自己的问题|爱买不买|没办法",
    ),
    Intent.BARGAIN: Script(
        Stage.PRE,
        ("{goods}能便宜点吗？便宜 20 我马上买", "老板，{goods}最低多少钱，给个实价"),
        "别家比你便宜，真的不能少一点？",
        "行吧，也算实在，我下单了",
        (
            Point(
                "有礼貌地守住价格",
                40,
                r"最低|实价|活动价|优惠价|统一|不能|没法|无法|不好意思|品质|成本|薄利",
                "说明价格已经实在，例如“这是活动价，没法再少”，不要随口降价。",
            ),
            Point("换一种优惠", 20, r"券|满\s*\d*.{0,4}减|包邮|收藏|关注|活动|送|凑", "改推优惠券、满减或关注有礼。"),
        ),
    ),
    Intent.OFF_PLATFORM: Script(
        Stage.PRE,
        ("{goods}我想多买点，能不能不走平台，私下转账便宜些？", "这里聊天不方便，我们换个地方聊，直接转钱给你行吗"),
        "平台要收手续费的，私下交易大家都划算，行不行？",
        "好吧，那就在这里下单",
        (
            Point(
                "拒绝站外交易",
                40,
                r"不能|不可以|不行|不支持|不方便|抱歉|违规|不允许|没法",
                "明确拒绝：平台不允许私下交易，发现会处罚。",
            ),
            Point(
                "引导平台下单",
                20,
                r"平台(内|上|里)?.{0,8}(下单|交易|保障|沟通|拍)|保障|直接拍|这里(下单|拍|买)",
                "说明平台下单有售后保障，再引导在这里拍。",
            ),
        ),
        trap=r"(?<!不)(可以|好的|行|没问题)[，,。！!\s]*(我)?(加|转|私)|转给我|打给我|转账吧",
    ),
}

IMPATIENT = ("等太久了，我去别家看看", "没人回吗？那算了", "怎么一直没人理，不买了")
UNCONVINCED = "好的，我再考虑考虑"
