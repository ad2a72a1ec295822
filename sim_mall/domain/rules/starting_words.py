"""The platform's own starting word list (起始词表): facts of advertising law in our own wording.

Sources: 《广告法》第九、十一、十六至十八、二十五、二十八条, 《食品安全法》第七十三条, 《化妆品监督管理条例》第四十三条,
《反不正当竞争法》第八条, 《商标法》第十四条. An instructor may change the list per world.
"""

from __future__ import annotations

from sim_mall.domain.rules.matching import Level, Place, Word


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


EVERYWHERE = frozenset(Place)
SHOWN = frozenset({Place.GOODS, Place.LIVE})

FACTS = "改写成能核实的事实，例如材质、尺寸、数量或检测报告编号。"
RANGE = "写明统计范围、时间和数据来源；没有来源就删去。"
NO_EFFECT = "普通商品只写材质、成分和用法，删去功效和医疗说法。"
PROOF = "附上证书或检测报告并写明编号；没有就删去。"
POLITE = "换成礼貌的说法，把事情讲清楚。"
ADVICE_1 = "写明上市时间或款式年份。"
ADVICE_2 = "删去：法律不允许借国家机关的名义做广告。"
ADVICE_3 = "删去：法律不允许这样宣传。"
ADVICE_4 = "删去保证，写明质保期限和条件。"
ADVICE_5 = "删去收益承诺。"
ADVICE_6 = "写了就要做到：写清条件、期限和办理方式。"
ADVICE_7 = "写明活动起止时间和原价依据。"
ADVICE_8 = "改为“本店近 30 天的成交价是……”这样能核实的说法。"

ABSOLUTE = "绝对化用语"
HONOUR = "权威与荣誉"
MEDICAL = "医疗与功效"
PROMISE = "保证与承诺"
TRADE = "不实销售说法"
RUDE = "辱骂用语"

MATERIALS = _split(
    "棉 纯棉 全棉 精梳棉 长绒棉 新疆棉 有机棉 桑蚕丝 蚕丝 真丝 羊毛 绵羊毛 羊绒 澳洲 美利奴 "
    "聚酯 涤纶 锦纶 氨纶 亚麻 麻 竹纤维 粘纤 莫代尔 天丝 腈纶 丙纶 棉填充 乳胶 天然乳胶 羽绒 "
    "白鹅绒 白鸭绒 鹅绒 鸭绒 铝镁 铝合金 不锈钢 牛皮 头层 PC PP PE PET PVC ABS 硅胶 橡木 "
    "松木 实木 原木 陶瓷 玻璃 莱赛尔 超细 纯新羊毛 苎麻 再生 进口 可降解 纯羊毛 双宫茧 涤 "
    "苦荞 高山苦荞 荞麦 纤维 粘胶 聚丙烯 聚氨酯 木浆 原生"
)
MATERIAL_SHARES = (
    *(f"100%{material}" for material in MATERIALS),
    *(f"{word}100%" for word in ("棉", "桑蚕丝", "聚酯纤维", "含量", "羊毛")),
)
SIZES = _split(
    "承重 载重 容量 尺寸 功率 直径 长度 宽度 高度 厚度 可调 展开 拉力 负荷 噪音 转速 水流 "
    "深度 距离 档位 支持 速度 耐热 压力 输出 电流 倾斜"
)


def _words(
    texts: str, rule: str, level: Level, advice: str, category: str, places: frozenset[Place] = SHOWN
) -> list[Word]:
    return [Word(text, rule, level, (), advice, places, category) for text in texts.split()]


STARTING_WORDS: tuple[Word, ...] = (
    *_words(
        "国家级 世界级 宇宙级 最高级 最佳 最先进 最优秀 最顶级 最高端 最正宗 最权威 最便宜 "
        "最低价 最畅销 最受欢迎 最有效 最专业 最奢华 最高品质 最优质",
        "R1",
        Level.BAN,
        FACTS,
        ABSOLUTE,
    ),
    *_words(
        "史上最低 全国第一 全球第一 行业第一 全网第一 销量第一 排名第一 第一品牌",
        "R1",
        Level.BAN,
        RANGE,
        ABSOLUTE,
    ),
    *_words(
        "顶级 顶尖 极品 臻品级 绝无仅有 史无前例 前无古人 无与伦比 独一无二 首屈一指 "
        "填补国内空白 领袖品牌 领导品牌 遥遥领先 王牌 至尊 天花板级 巅峰之作",
        "R1",
        Level.BAN,
        FACTS,
        ABSOLUTE,
    ),
    Word(
        "第一",
        "R1",
        Level.BAN,
        _split(
            "第一笔 第一场 第一位 第一份 第一句 第一课 第一套 第一条 第一支 第一页 第一杯 "
            "第一时间 第一步 第一次 第一天 第一周 第一年 第一眼 第一层 第一款 第一批 第一章 第一件 "
            "第一名字 第一人称 第一个 第一双 第一节 第一印象 质量第一 安全第一"
        ),
        RANGE,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "最好",
        "R1",
        Level.BAN,
        _split("最好不要 最好先 最好在 最好用 最好是 最好的办法 最好选 最好避免 最好放"),
        FACTS,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "最大",
        "R1",
        Level.BAN,
        ("最大化", *(f"最大{size}" for size in SIZES)),
        FACTS,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "最强",
        "R1",
        Level.BAN,
        _split("最强档 最强风 最强功率"),
        FACTS,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "最低",
        "R1",
        Level.BAN,
        _split("最低起订 最低消费 最低温 最低档 最低高度 最低水位 最低起批 最低气温"),
        FACTS,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "最优",
        "R1",
        Level.BAN,
        _split("最优先 最优解"),
        FACTS,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "最新",
        "R1",
        Level.CAUTION,
        _split("最新到货 最新物流 最新生产 最新日期 最新批次"),
        ADVICE_1,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "唯一",
        "R1",
        Level.BAN,
        _split("唯一编号 唯一码 唯一标识 唯一序列号 唯一的缺点 唯一不足"),
        FACTS,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "冠军",
        "R1",
        Level.BAN,
        _split("冠军赛 冠军杯"),
        RANGE,
        SHOWN,
        ABSOLUTE,
    ),
    Word(
        "100%",
        "R1",
        Level.CAUTION,
        MATERIAL_SHARES,
        FACTS,
        SHOWN,
        ABSOLUTE,
    ),
    *_words(
        "百分之百 完美 极致 独家 首选 全网独家 万能 无敌 永久",
        "R1",
        Level.CAUTION,
        FACTS,
        ABSOLUTE,
    ),
    *_words(
        "国家机关推荐 国家领导人 政府推荐 政府指定 国宴专用 国宴指定 军队专用 国家免检 质量免检 免检产品",
        "R1",
        Level.BAN,
        ADVICE_2,
        HONOUR,
    ),
    *_words(
        "皇室御用 宫廷御用 皇家御用 皇家特供 特供 驰名商标 著名商标 央视推荐 央视上榜 中国名牌",
        "R1",
        Level.BAN,
        ADVICE_3,
        HONOUR,
    ),
    *_words(
        "御用 国家专利 专利产品 权威认证 官方认证 官方推荐 专家推荐 中华老字号 百年老店 祖传秘方 非物质文化遗产",
        "R1",
        Level.CAUTION,
        PROOF,
        HONOUR,
    ),
    *_words(
        "研究表明 数据显示 实验证明 科学证明",
        "R1",
        Level.CAUTION,
        RANGE,
        HONOUR,
    ),
    *_words(
        "根治 药到病除 包治百病 永不复发 治病 医治 疗效 药效 抗癌 防癌 抗肿瘤 降血糖 降血压 "
        "降血脂 降三高 降尿酸 软化血管 活血化瘀 壮阳 补肾 祛疤 除疤 消炎 抗炎 预防疾病 "
        "提高免疫力 增强免疫力 提升免疫力 延缓衰老 抗衰老 一夜美白 一洗白 医用级 医美级 药妆 "
        "替代药物 代替药物 代替母乳 治失眠 改善失眠 刮油 燃脂瘦身 排毒养颜 临床验证 医生推荐 "
        "名医推荐",
        "R16",
        Level.BAN,
        NO_EFFECT,
        MEDICAL,
    ),
    Word(
        "治疗",
        "R16",
        Level.BAN,
        _split("治疗仪说明 不能代替治疗 不用于治疗 不具有治疗 请及时治疗"),
        NO_EFFECT,
        SHOWN,
        MEDICAL,
    ),
    Word(
        "治愈",
        "R16",
        Level.BAN,
        _split("治愈系 治愈感 治愈色"),
        NO_EFFECT,
        SHOWN,
        MEDICAL,
    ),
    Word(
        "减肥",
        "R16",
        Level.CAUTION,
        _split("不是减肥"),
        NO_EFFECT,
        SHOWN,
        MEDICAL,
    ),
    *_words(
        "抗菌 杀菌 除菌 抑菌 助眠 安神 养颜 祛湿 排毒 修复受损 无副作用 零副作用",
        "R16",
        Level.CAUTION,
        PROOF,
        MEDICAL,
    ),
    *_words(
        "糖尿病 高血压 癌症 关节炎 心脏病",
        "R16",
        Level.CAUTION,
        NO_EFFECT,
        MEDICAL,
    ),
    *_words(
        "永不褪色 永不磨损 终身不坏 永不变形 百分百有效 绝对有效 保证有效 立竿见影 绝对安全",
        "R13",
        Level.BAN,
        ADVICE_4,
        PROMISE,
    ),
    *_words(
        "稳赚不赔 保证赚钱 躺赚 一夜暴富 零风险 保本保收益",
        "R13",
        Level.BAN,
        ADVICE_5,
        PROMISE,
    ),
    *_words(
        "假一赔十 无效退款 终身免费 终身质保 不满意全额退",
        "R13",
        Level.CAUTION,
        ADVICE_6,
        PROMISE,
    ),
    *_words(
        "跳楼价 清仓价 骨折价 史低价 仅限今天 最后一天 错过再等一年",
        "R12",
        Level.CAUTION,
        ADVICE_7,
        TRADE,
    ),
    *_words(
        "全网最低 全网最低价",
        "R17",
        Level.BAN,
        ADVICE_8,
        TRADE,
    ),
    *_words(
        "傻逼 煞笔 傻叉 智障 垃圾人 滚蛋 去死 贱人 神经病 王八蛋 混蛋 狗东西 穷鬼 不要脸",
        "R11",
        Level.BAN,
        POLITE,
        RUDE,
        EVERYWHERE,
    ),
    Word(
        "脑残",
        "R11",
        Level.BAN,
        _split("脑残粉"),
        POLITE,
        EVERYWHERE,
        RUDE,
    ),
    Word(
        "废物",
        "R11",
        Level.BAN,
        _split("废物利用 废物担忧 废物回收 废物桶 废物处理"),
        POLITE,
        EVERYWHERE,
        RUDE,
    ),
    *_words(
        "你有病 爱买不买 买不起别买 骗子买家",
        "R11",
        Level.BAN,
        POLITE,
        RUDE,
        EVERYWHERE,
    ),
)

# Harmless sentences of our own: an imported word that hits one of them is too broad and comes in switched off.
HARMLESS: tuple[str, ...] = (
    "亲，客服在线时间是早上八点到晚上十一点。",
    "到货后先检查外包装，有问题随时联系客服。",
    "今天到货很快，质量也不错。",
    "可能是网络不好，麻烦您刷新一下页面。",
    "比我之前在淘宝买的厚实。",
    "本店支持七天无理由退货。",
    "找朋友代购的那件也是这个颜色。",
    "这款适合网购新手，尺码表在详情里。",
    "最大承重50KG，折叠后不占地方。",
    "面料：100%纯棉，100%桑蚕丝可选。",
    "我们会第一时间给您安排发货。",
    "起订量两件，最低起订没有别的要求。",
    "养生壶请轻拿轻放，属于易碎物品。",
    "家有宠物的话，记得定期给猫窝除尘。",
    "有意者可以先收藏，降价会有提醒。",
    "这个价格是会员专享，全职妈妈也适合。",
    "招聘季通勤穿很合适，正式又舒服。",
    "可以免费使用的赠品袋已经放进包裹。",
    "洗过一次，颜色依然完整，没有掉色。",
    "冬天盖着暖和，夏天可以当空调被。",
    "两头都有拉链，方便取出被芯清洗。",
    "订单号请发给我，我帮您查物流。",
)
