"""Category motifs (品类图形) of drawn pictures: simple shapes in a box of 200 × 200.

A shape is SVG text whose colours are the letters A (deep tint), B (middle tint) and C (light tint).
"""

# ruff: noqa: E501 - path data is read by no one and breaks badly

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Motif:
    """One drawing and the words of titles and categories that ask for it."""

    name: str
    words: tuple[str, ...]
    shape: str


def _m(name: str, words: str, shape: str) -> Motif:
    return Motif(name, tuple(words.split()), shape)


MOTIFS: tuple[Motif, ...] = (
    _m(
        "服饰",
        "服饰 服装 上衣 衬衫 恤 卫衣 毛衣 外套 夹克 马甲 汉服 裙 睡衣 家居服 内衣 童装 女装 男装 羽绒服 开衫 针织衫",
        '<path fill="A" d="M62 38 86 27q14 15 28 0l24 11 34 32-24 24-12-10v84q0 6-6 6H70q-6 0-6-6V84L52 94 28 70z"/>'
        '<path fill="B" d="M64 112h72v18H64z"/><path fill="C" d="M86 27q14 15 28 0l6 3q-20 24-40 0z"/>',
    ),
    _m(
        "裤装",
        "裤 牛仔裤 长裤 短裤 运动裤",
        '<path fill="A" d="M62 30h76l10 140h-36l-12-92-12 92H52z"/><path fill="B" d="M62 30h76l1 16H61z"/>'
        '<path stroke="C" stroke-width="4" fill="none" d="M100 48v30M66 60q14 0 16-14M134 60q-14 0-16-14"/>',
    ),
    _m(
        "鞋",
        "鞋 靴 凉鞋 拖鞋 运动鞋 板鞋 布鞋",
        '<path fill="A" d="M24 78q14 12 34 0l34 34q20 16 58 18 26 2 26 22H24z"/>'
        '<rect x="20" y="148" width="160" height="16" rx="8" fill="B"/>'
        '<path stroke="C" stroke-width="5" stroke-linecap="round" d="m74 104 12-12M88 118l12-12M102 130l10-12"/>',
    ),
    _m(
        "帽巾",
        "帽 围巾 丝巾 手套 袜 披肩 方巾",
        '<path fill="A" d="M48 122a52 62 0 0 1 104 0z"/><rect x="38" y="118" width="124" height="30" rx="15" fill="B"/>'
        '<circle cx="100" cy="52" r="15" fill="C"/>'
        '<path stroke="C" stroke-width="4" d="M76 126v14M100 126v14M124 126v14"/>',
    ),
    _m(
        "箱包",
        "箱包 背包 双肩包 书包 手提包 挎包 钱包 行李箱 拉杆箱 帆布包 托特包 腰包 包袋",
        '<path fill="none" stroke="A" stroke-width="10" d="M76 56q0-28 24-28t24 28"/>'
        '<path fill="A" d="M46 96q0-44 54-44t54 44v66q0 12-12 12H58q-12 0-12-12z"/>'
        '<path fill="B" d="M64 116h72v40q0 8-8 8H72q-8 0-8-8z"/><rect x="92" y="110" width="16" height="22" rx="5" fill="C"/>',
    ),
    _m(
        "配饰",
        "配饰 首饰 饰品 项链 耳环 耳钉 戒指 手链 手镯 发夹 发圈 胸针 银饰 珍珠 手表 腕表",
        '<circle cx="100" cy="118" r="50" fill="none" stroke="A" stroke-width="13"/>'
        '<path fill="B" d="m100 72-34-24 14-20h40l14 20z"/><path fill="C" d="m100 72-16-24 16-20 16 20z"/>',
    ),
    _m(
        "家具",
        "居家 家居 家具 沙发 椅 凳 桌 柜 架 置物架 地毯 窗帘 抱枕 坐垫 靠垫 杯垫 挂钩 衣架 日用 雨伞 伞 镜",
        '<rect x="46" y="46" width="108" height="76" rx="22" fill="B"/><path fill="C" d="M98 56h4v60h-4z"/>'
        '<path fill="A" d="M28 92q0-14 14-14t14 14v18h88V92q0-14 14-14t14 14v48q0 10-10 10H38q-10 0-10-10z"/>'
        '<path stroke="A" stroke-width="9" stroke-linecap="round" d="M48 150v14M152 150v14"/>',
    ),
    _m(
        "床品",
        "床品 床上用品 床单 被 四件套 枕 枕头 毛毯 毯 凉席 床垫 蚊帐 家纺 毛巾 浴巾",
        '<path fill="A" d="M26 50h12v104H26zM162 104h12v50h-12z"/><rect x="38" y="84" width="46" height="26" rx="12" fill="C"/>'
        '<path fill="B" d="M38 112h110q26 0 26 26H38z"/><path fill="A" d="M26 134h148v12H26z"/>',
    ),
    _m(
        "餐厨",
        "餐厨 厨房 厨具 锅 炒锅 刀 菜板 砧板 餐具 碗 盘 碟 筷 勺 保鲜盒 饭盒 便当 烘焙 围裙 餐垫",
        '<path fill="A" d="M44 92h112v46q0 26-26 26H70q-26 0-26-26z"/><path fill="B" d="M40 80h120v14H40z"/>'
        '<path fill="none" stroke="A" stroke-width="9" stroke-linecap="round" d="M44 108H28M156 108h16"/>'
        '<path fill="B" d="M52 76q6-24 48-24t48 24z"/><circle cx="100" cy="46" r="9" fill="A"/>'
        '<path fill="C" d="M60 112h80v8H60z"/>',
    ),
    _m(
        "杯壶",
        "杯 保温杯 水杯 马克杯 水壶 茶壶 茶具 咖啡杯 玻璃杯 酒杯",
        '<path fill="A" d="M46 66h92v66q0 32-32 32H78q-32 0-32-32z"/>'
        '<path fill="none" stroke="A" stroke-width="11" d="M138 84h8q20 0 20 20t-20 20h-8"/>'
        '<path fill="B" d="M46 92h92v26H46z"/><path fill="C" d="M60 72h8v84h-8z" opacity=".6"/>'
        '<path fill="none" stroke="B" stroke-width="6" stroke-linecap="round" d="M74 52q-8-10 0-20M96 52q-8-10 0-20M118 52q-8-10 0-20"/>',
    ),
    _m(
        "零食",
        "食品 零食 小吃 核桃 腰果 饼 酥 糕 粽 红薯干 饼干 坚果 薯片 糖 巧克力 果干 蜜饯 糕点 点心 面包 蛋糕 月饼 锅巴 海苔 瓜子 花生 牛肉干 肉脯 辣条",
        '<path fill="A" d="M52 34h96l6 10-6 8v112l6 8H46l6-8V52l-6-8z"/><path fill="B" d="M52 72h96v64H52z"/>'
        '<circle cx="100" cy="104" r="25" fill="C"/><g fill="A"><circle cx="92" cy="96" r="4"/><circle cx="108" cy="100" r="4"/>'
        '<circle cx="96" cy="112" r="4"/><circle cx="111" cy="114" r="3"/></g>',
    ),
    _m(
        "茶饮",
        "茶饮 茶 茶叶 绿茶 红茶 白茶 普洱 乌龙 花茶 咖啡 奶茶 饮料 果汁 酸奶 牛奶 豆浆 冲饮 冲调 藕粉 酒 米酒",
        '<path fill="A" d="M40 92h108q0 66-54 66T40 92z"/><path fill="none" stroke="A" stroke-width="10" d="M148 104q22-2 22 16t-30 20"/>'
        '<ellipse cx="94" cy="92" rx="54" ry="13" fill="B"/><ellipse cx="94" cy="93" rx="40" ry="8" fill="C"/>'
        '<rect x="46" y="162" width="96" height="9" rx="4.5" fill="B"/>'
        '<path fill="B" d="M92 76q-26-22 2-48 26 26-2 48z"/><path stroke="C" stroke-width="3" d="M93 74V42"/>',
    ),
    _m(
        "水果",
        "水果 鲜果 苹果 橙 柑 橘 柚 梨 桃 葡萄 草莓 樱桃 蓝莓 猕猴桃 芒果 香蕉 荔枝 火龙果 枇杷 石榴 西瓜 哈密瓜 冰糖橙 脐橙",
        '<path fill="A" d="M100 68q26-18 48 2 20 22 4 62-14 34-36 34-8 0-16-5-8 5-16 5-22 0-36-34-16-40 4-62 22-20 48-2z"/>'
        '<path fill="none" stroke="B" stroke-width="8" stroke-linecap="round" d="M100 70q0-20 10-32"/>'
        '<path fill="B" d="M110 46q12-26 44-20-8 30-44 20z"/><path fill="C" d="M62 92q4-16 18-18 0 10-6 16-4 6-12 2z"/>',
    ),
    _m(
        "生鲜",
        "生鲜 蔬菜 鱼 虾 蟹 海鲜 水产 肉 腊肉 香肠 火腿 菌 菇 木耳 笋 豆腐 萝卜 白菜",
        '<path fill="A" d="M26 100q44-58 104-14l40-30q-8 44 0 88l-40-30q-60 44-104-14z"/>'
        '<circle cx="58" cy="94" r="7" fill="C"/><path fill="none" stroke="B" stroke-width="7" stroke-linecap="round" '
        'd="M82 76q12 24 0 48M104 78q10 22 0 44"/><path fill="B" d="M90 68q14-22 34-18l-4 26z"/>',
    ),
    _m(
        "粮油",
        "粮油 米 大米 小米 面粉 面条 挂面 粉丝 米粉 杂粮 食用油 菜籽油 花生油 酱油 醋 调味 辣椒酱 酱 豆瓣 盐 蜂蜜 腐乳 干货",
        '<path fill="A" d="M66 60q-24 26-24 62 0 50 58 50t58-50q0-36-24-62z"/><path fill="B" d="M64 34q36 16 72 0l-6 28H70z"/>'
        '<path stroke="C" stroke-width="5" stroke-linecap="round" fill="none" d="M100 154V98"/>'
        '<g fill="C"><ellipse cx="100" cy="92" rx="7" ry="12"/><ellipse cx="85" cy="108" rx="6" ry="11" transform="rotate(-35 85 108)"/>'
        '<ellipse cx="115" cy="108" rx="6" ry="11" transform="rotate(35 115 108)"/>'
        '<ellipse cx="86" cy="130" rx="6" ry="11" transform="rotate(-35 86 130)"/>'
        '<ellipse cx="114" cy="130" rx="6" ry="11" transform="rotate(35 114 130)"/></g>',
    ),
    _m(
        "文具",
        "文具 笔 钢笔 铅笔 彩笔 本 笔记本 手账 便签 胶带 尺 办公 文件夹 橡皮 贴纸 书签 纸",
        '<rect x="42" y="36" width="92" height="128" rx="10" fill="B"/><path fill="A" d="M42 46q0-10 10-10h10v128H52q-10 0-10-10z"/>'
        '<path stroke="C" stroke-width="6" stroke-linecap="round" d="M78 66h40M78 86h40M78 106h26"/>'
        '<path fill="A" d="m152 62 18 12-48 76-20 12 2-24z"/><path fill="C" d="m104 138 18 12-20 12z"/>',
    ),
    _m(
        "图书",
        "图书 书 绘本 教材 小说 字帖 漫画 杂志 日历 台历",
        '<path fill="A" d="M100 58Q66 36 28 46v104q38-10 72 12z"/><path fill="B" d="M100 58q34-22 72-12v104q-38-10-72 12z"/>'
        '<path stroke="C" stroke-width="5" stroke-linecap="round" fill="none" d="M46 72q22-2 38 8M46 96q22-2 38 8M116 80q16-10 38-8M116 104q16-10 38-8"/>',
    ),
    _m(
        "母婴",
        "母婴 婴儿 宝宝 奶瓶 纸尿裤 尿布 围兜 口水巾 孕妇 辅食 婴童 爬行垫",
        '<path fill="B" d="M84 28q16-16 32 0v20H84z"/><rect x="70" y="46" width="60" height="20" rx="8" fill="A"/>'
        '<path fill="C" d="M72 66h56q12 10 12 28v58q0 20-20 20H80q-20 0-20-20V94q0-18 12-28z"/>'
        '<path fill="A" d="M60 112h80v40q0 20-20 20H80q-20 0-20-20z"/>'
        '<path stroke="B" stroke-width="5" stroke-linecap="round" d="M122 92h18M128 106h12M122 126h18M128 140h12"/>',
    ),
    _m(
        "玩具",
        "玩具 积木 拼图 毛绒 公仔 玩偶 桌游 模型 风筝 泡泡 气球 盲盒 儿童",
        '<rect x="34" y="104" width="60" height="60" rx="8" fill="A"/><rect x="104" y="104" width="60" height="60" rx="8" fill="B"/>'
        '<path fill="C" d="m100 34 36 62H64z"/><circle cx="64" cy="134" r="15" fill="C"/>'
        '<path fill="A" d="m134 116 6 12 13 2-10 9 3 13-12-6-12 6 3-13-10-9 13-2z"/>',
    ),
    _m(
        "数码",
        "数码 手机 平板 电脑 键盘 鼠标 充电 数据线 支架 耳机 音箱 相机 手机壳 移动电源 路由器 摄像头 电子",
        '<path fill="none" stroke="A" stroke-width="13" d="M42 122v-14q0-62 58-62t58 62v14"/>'
        '<rect x="28" y="108" width="36" height="58" rx="16" fill="B"/><rect x="136" y="108" width="36" height="58" rx="16" fill="B"/>'
        '<rect x="50" y="112" width="16" height="50" rx="8" fill="A"/><rect x="134" y="112" width="16" height="50" rx="8" fill="A"/>'
        '<circle cx="100" cy="46" r="6" fill="C"/>',
    ),
    _m(
        "家电",
        "家电 电器 电饭煲 加湿器 吹风机 电热水壶 榨汁机 豆浆机 吸尘器 洗衣机 空调 冰箱 电煮锅 养生壶 剃须刀 按摩",
        '<rect x="44" y="28" width="112" height="144" rx="14" fill="A"/><path fill="B" d="M44 58h112v6H44z"/>'
        '<circle cx="100" cy="116" r="40" fill="C"/><circle cx="100" cy="116" r="29" fill="B"/>'
        '<path fill="A" d="M74 122q13-12 26 0t26 0q-4 22-26 22t-26-22z"/><circle cx="66" cy="44" r="6" fill="C"/>'
        '<rect x="112" y="39" width="30" height="10" rx="5" fill="C"/>',
    ),
    _m(
        "灯具",
        "灯 灯具 台灯 夜灯 吊灯 灯带 灯笼 手电 照明 蜡烛 香薰",
        '<path fill="A" d="M66 34h68l30 66H36z"/><path fill="C" d="M60 100h80l18 30H42z" opacity=".55"/>'
        '<path fill="B" d="M94 100h12v52H94z"/><rect x="64" y="150" width="72" height="16" rx="8" fill="A"/>'
        '<path stroke="B" stroke-width="5" stroke-linecap="round" d="M130 100v22"/><circle cx="130" cy="126" r="5" fill="B"/>',
    ),
    _m(
        "美妆",
        "美妆 化妆 口红 唇膏 唇釉 眼影 粉底 腮红 眉笔 面膜 香水 美甲 粉扑 化妆刷 护肤 润肤 面霜 精华 防晒 彩妆",
        '<path fill="B" d="M58 72 84 40v38H58z"/><rect x="54" y="76" width="34" height="30" rx="4" fill="C"/>'
        '<rect x="48" y="102" width="46" height="64" rx="6" fill="A"/><circle cx="132" cy="120" r="42" fill="A"/>'
        '<circle cx="132" cy="120" r="30" fill="C"/><path fill="B" d="M132 90a30 30 0 0 1 0 60z"/>',
    ),
    _m(
        "洗护",
        "洗护 清洁 洗衣液 洗衣 洗发 沐浴 香皂 手工皂 洗手液 洗洁精 牙膏 牙刷 护手霜 身体乳 纸巾 抽纸 湿巾 垃圾袋 拖把 抹布 消毒",
        '<path fill="A" d="M60 82h80q10 8 10 22v54q0 14-14 14H64q-14 0-14-14v-54q0-14 10-22z"/>'
        '<rect x="82" y="58" width="36" height="24" rx="5" fill="B"/><path fill="none" stroke="A" stroke-width="10" '
        'stroke-linecap="round" d="M100 58V38h-32q-10 0-12 10"/><rect x="66" y="106" width="68" height="42" rx="8" fill="C"/>'
        '<path fill="B" d="M100 112q14 16 0 28-14-12 0-28z"/>',
    ),
    _m(
        "运动",
        "运动 户外 球 篮球 足球 羽毛球 登山 骑行 游泳 泳镜 护膝 钓鱼",
        '<circle cx="100" cy="102" r="66" fill="A"/><g fill="none" stroke="C" stroke-width="6">'
        '<path d="M34 102h132M100 36v132M54 56q30 46 0 92M146 56q-30 46 0 92"/></g>'
        '<path fill="B" d="M100 36a66 66 0 0 1 66 66h-12a54 54 0 0 0-54-54z" opacity=".8"/>',
    ),
    _m(
        "宠物",
        "宠物 猫 狗 猫粮 狗粮 猫砂 猫抓板 牵引绳 宠物窝 鱼缸 鸟",
        '<path fill="A" d="M100 98q-26 0-44 32-10 20 4 32 14 10 40 2 26 8 40-2 14-12 4-32-18-32-44-32z"/>'
        '<g fill="B"><ellipse cx="44" cy="96" rx="15" ry="20" transform="rotate(-24 44 96)"/>'
        '<ellipse cx="78" cy="62" rx="16" ry="22" transform="rotate(-8 78 62)"/>'
        '<ellipse cx="122" cy="62" rx="16" ry="22" transform="rotate(8 122 62)"/>'
        '<ellipse cx="156" cy="96" rx="15" ry="20" transform="rotate(24 156 96)"/></g>'
        '<ellipse cx="100" cy="136" rx="18" ry="12" fill="C"/>',
    ),
    _m(
        "绿植",
        "绿植 植物 花 鲜花 盆栽 多肉 花盆 种子 干花 园艺 月季 绿萝 兰花 菊花",
        '<path fill="A" d="M62 118h76l-9 48q-2 8-10 8H81q-8 0-10-8z"/><rect x="54" y="106" width="92" height="18" rx="6" fill="B"/>'
        '<path fill="B" d="M100 106Q84 64 100 22q16 42 0 84z"/><path fill="C" d="M94 106Q50 96 40 50q46 8 54 56z"/>'
        '<path fill="C" d="M106 106q44-10 54-56-46 8-54 56z"/><path stroke="A" stroke-width="3" d="M100 106V52"/>',
    ),
    _m(
        "工艺品",
        "工艺 工艺品 手工艺 花瓶 竹篮 陶器 陶瓷 刺绣 剪纸 竹编 木雕 漆器 摆件 折扇 扇 文创 非遗 中国结 年画 香囊 紫砂 景泰蓝 手作",
        '<path fill="A" d="M80 30h40v18q-4 16 16 34 20 20 10 54-8 28-26 36H80q-18-8-26-36-10-34 10-54 20-18 16-34z"/>'
        '<path fill="B" d="M74 26h52v12H74z"/><path fill="none" stroke="C" stroke-width="6" stroke-linecap="round" '
        'd="M62 102q10-12 19 0t19 0 19 0 19 0M58 134q11 12 21 0t21 0 21 0 21 0"/><circle cx="100" cy="118" r="6" fill="C"/>',
    ),
    _m(
        "收纳",
        "收纳 收纳箱 收纳盒 收纳袋 储物 篮 筐",
        '<path fill="A" d="M36 86h128l-12 72q-2 10-12 10H60q-10 0-12-10z"/><rect x="28" y="70" width="144" height="22" rx="8" fill="B"/>'
        '<path fill="none" stroke="A" stroke-width="9" d="M66 70q0-34 34-34t34 34"/>'
        '<path stroke="C" stroke-width="6" stroke-linecap="round" d="M76 108v42M100 108v42M124 108v42"/>',
    ),
    _m(
        "禽蛋",
        "鸡蛋 鸭蛋 蛋 禽蛋 皮蛋 咸蛋",
        '<path fill="C" d="M66 58q20 0 30 34t-8 44H46q-18-10-10-44t30-34z"/><path fill="B" d="M134 58q20 0 30 34t-10 44h-42q-18-10-8-44t30-34z"/>'
        '<path fill="A" d="M24 122h152l-12 36q-3 8-12 8H48q-9 0-12-8z"/>'
        '<path stroke="C" stroke-width="5" stroke-linecap="round" d="M56 138l6 14M100 138v14M144 138l-6 14"/>',
    ),
    _m(
        "风扇",
        "风扇 电扇 循环扇 吊扇",
        '<circle cx="100" cy="84" r="58" fill="none" stroke="A" stroke-width="9"/><g fill="B">'
        '<path d="M100 80q-26-26 0-44 22 20 0 44z"/><path d="M104 84q26-26 44 0-20 22-44 0z"/>'
        '<path d="M100 88q26 26 0 44-22-20 0-44z"/><path d="M96 84q-26 26-44 0 20-22 44 0z"/></g>'
        '<circle cx="100" cy="84" r="9" fill="A"/><path fill="A" d="M94 142h12v16h-12z"/><rect x="62" y="156" width="76" height="12" rx="6" fill="A"/>',
    ),
    _m(
        "露营",
        "露营 帐篷 月亮椅 天幕 炉具 营地 野餐",
        '<path fill="A" d="M100 40 20 160h160z"/><path fill="C" d="M100 78 64 160h72z"/><path fill="B" d="m100 78 36 82h-30z"/>'
        '<path stroke="A" stroke-width="8" stroke-linecap="round" d="m92 28 16 24M108 28 92 52"/><rect x="14" y="156" width="172" height="9" rx="4" fill="B"/>',
    ),
    _m(
        "健身",
        "健身 哑铃 瑜伽 瑜伽垫 跳绳 弹力带 拉力器 杠铃",
        '<path stroke="A" stroke-width="13" d="M60 100h80"/><rect x="44" y="62" width="22" height="76" rx="8" fill="A"/>'
        '<rect x="134" y="62" width="22" height="76" rx="8" fill="A"/><rect x="24" y="76" width="20" height="48" rx="7" fill="B"/>'
        '<rect x="156" y="76" width="20" height="48" rx="7" fill="B"/><path stroke="C" stroke-width="5" stroke-linecap="round" d="M55 76v32M145 76v32"/>',
    ),
    _m(
        "礼品",
        "礼品 礼盒 礼物 节日 春节 贺卡 红包 福袋 组合 套装",
        '<rect x="40" y="88" width="120" height="80" rx="8" fill="A"/><rect x="32" y="64" width="136" height="32" rx="8" fill="B"/>'
        '<path fill="C" d="M90 64h20v104H90z"/><path fill="none" stroke="A" stroke-width="9" d="M100 62Q60 60 64 38q6-18 24-2 8 10 12 26 4-16 12-26 18-16 24 2 4 22-36 24z"/>',
    ),
)

OTHER = _m(
    "其他",
    "",
    '<path fill="A" d="m100 26 66 36v76l-66 36-66-36V62z"/><path fill="B" d="m100 26 66 36-66 36-66-36z"/>'
    '<path fill="C" d="m62 46 66 36v26l-14-8V90L50 54z"/>',
)

# Words of packing say what a thing is only where no other word does.
WEAK = frozenset({"礼盒", "礼品", "套装", "组合", "节日"})
_BY_WORD = {word: motif for motif in MOTIFS for word in motif.words}


def _named_in(text: str, *, weak: bool = False) -> Motif | None:
    """Return the motif of the longest word in the text; of equals the last, for Chinese names end in what they are."""
    best = (0, -1)
    found: Motif | None = None
    for word, motif in _BY_WORD.items():
        position = text.rfind(word)
        if position >= 0 and (word in WEAK) == weak and (len(word), position) > best:
            best, found = (len(word), position), motif
    return found


def choose_motif(title: str, category: str) -> Motif:
    """Return the motif for a thing, by its title first and its category next; 其他 when neither says."""
    return _named_in(title) or _named_in(category) or _named_in(f"{title} {category}", weak=True) or OTHER
