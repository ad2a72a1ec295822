"""The platform's category tree (类目表): attributes that goods must state, licences, weight of the deposit.

Goods may also stand in a category of their own name (a supplier's, or one that nobody thought of): such a category
asks for nothing. Source: commerce model 3.6 and 3.7; values are teaching defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

MAX_ATTRIBUTE = 60


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of goods. options: what people choose from; empty for free text. usual: what most goods say."""

    name: str
    options: tuple[str, ...] = ()
    required: bool = False
    usual: str = "见商品包装"


@dataclass(frozen=True, slots=True)
class Branch:
    """A first-level category. leaves: second level → attributes of its own. licence: a key of ``papers.LICENCES``."""

    leaves: Mapping[str, tuple[Attribute, ...]]
    attributes: tuple[Attribute, ...] = ()
    licence: str = ""
    licences: Mapping[str, str] = field(default_factory=dict)  # of single leaves


def _must(name: str, *options: str, usual: str = "") -> Attribute:
    return Attribute(name, options, True, usual or (options[-1] if options else "见商品包装"))


def _may(name: str, *options: str) -> Attribute:
    return Attribute(name, options)


_ORIGIN = _must("产地", usual="中国大陆")
_MATERIAL = _must("材质", usual="见详情")
_SHELF = _must("保质期", "7 天", "30 天", "6 个月", "12 个月", "18 个月", "24 个月", "见包装")
_NET = _must("净含量", usual="见包装")
_STORE = _may("储存方式", "常温", "阴凉干燥", "冷藏", "冷冻")
_SEASON = _may("适用季节", "四季", "春秋", "夏", "冬")
_FOOD = (_ORIGIN, _SHELF, _NET, _STORE)

TREE: dict[str, Branch] = {
    "居家": Branch(
        {
            "床品": (_must("件数", "单件", "三件套", "四件套", "其他"), _may("适用床尺寸")),
            "毛巾": (),
            "收纳": (),
            "家具": (_may("是否需要安装", "免安装", "需要安装"),),
            "布艺": (),
        },
        (_MATERIAL, _may("产地"), _may("执行标准")),
    ),
    "餐厨": Branch(
        {"杯壶": (_may("容量"),), "餐具": (), "锅具": (_may("适用灶具", "通用", "燃气灶", "电磁炉"),), "刀具": ()},
        (_MATERIAL,),
    ),
    "服饰": Branch(
        {
            "上装": (_must("尺码", "均码", "S-XL", "S-XXXL", "见详情"), _SEASON),
            "下装": (_must("尺码", "均码", "S-XL", "S-XXXL", "见详情"), _SEASON),
            "针织": (_must("尺码", "均码", "S-XL", "S-XXXL", "见详情"), _SEASON),
            "家居服": (_must("尺码", "均码", "S-XL", "S-XXXL", "见详情"), _SEASON),
            "鞋靴": (_must("鞋码", usual="见详情"),),
            "箱包": (),
            "配饰": (),
        },
        (_must("面料", usual="见详情"), _may("适用人群", "通用", "男", "女", "儿童")),
    ),
    "食品": Branch({"零食": (), "糕点": (), "粮油": (), "调味": (), "方便食品": ()}, _FOOD, licence="food"),
    "茶饮": Branch(
        {"茶叶": (_may("等级"),), "冲饮": (), "酒水": (_must("酒精度", usual="见包装"),)}, _FOOD, licence="food"
    ),
    "生鲜": Branch(
        {"水果": (), "蔬菜": (), "禽蛋": (), "水产": (), "肉类": ()}, (_ORIGIN, _NET, _STORE), licence="food"
    ),
    "美妆": Branch(
        {"护肤": (_may("适合肤质", "所有", "干性", "油性", "敏感"),), "彩妆": (_may("色号"),), "香氛": ()},
        (_must("备案编号", usual="练习备案"), _SHELF, _NET),
    ),
    "洗护": Branch({"个护": (), "清洁": (), "纸品": ()}, (_NET, _may("产地"))),
    "母婴": Branch(
        {"喂养": (), "棉品": (), "童装": (_must("尺码", usual="见详情"),)},
        (_must("适用年龄", "0-1 岁", "1-3 岁", "3-6 岁", "6 岁以上"), _MATERIAL),
    ),
    "玩具": Branch(
        {"益智": (), "毛绒": (), "户外玩具": ()},
        (_must("适用年龄", "3 岁以上", "6 岁以上", "14 岁以上"), _must("3C 证书编号", usual="练习编号")),
    ),
    "数码": Branch(
        {"充电": (_must("3C 证书编号", usual="练习编号"),), "影音": (), "桌面": ()},
        (_must("型号", usual="见详情"), _must("保修期", "7 天", "3 个月", "1 年", "2 年")),
    ),
    "家电": Branch(
        {"小家电": (_must("额定功率", usual="见铭牌"),), "灯具": ()},
        (
            _must("型号", usual="见详情"),
            _must("保修期", "3 个月", "1 年", "2 年"),
            _must("3C 证书编号", usual="练习编号"),
        ),
    ),
    "文具": Branch(
        {"书写": (), "本册": (), "图书": (_must("ISBN", usual="见版权页"), _may("出版社"))},
        (_may("材质"),),
        licences={"图书": "books"},
    ),
    "运动户外": Branch({"健身": (), "露营": (), "骑行": (), "球类": ()}, (_MATERIAL,)),
    "宠物": Branch({"主粮": (_SHELF, _NET), "用品": ()}, (_must("适用对象", "猫", "狗", "猫狗通用", "其他"),)),
    "工艺": Branch(
        {"竹编": (), "绣品": (), "陶器": (), "染织": ()}, (_MATERIAL, _may("制作工艺", "手工", "半手工", "机制"))
    ),
    "礼品": Branch({"礼盒": (), "贺卡": ()}, (_must("内含物", usual="见详情"),)),
    "医疗保健": Branch({"护理": (), "器械": ()}, (_must("备案编号", usual="练习备案"),), licence="medical"),
}

_FULL = 10_000
DEPOSIT_BP: dict[str, int] = {
    "食品": 20_000, "茶饮": 20_000, "生鲜": 20_000, "食品生鲜": 20_000,
    "美妆": 20_000, "美妆个护": 20_000, "母婴": 15_000, "玩具": 15_000, "母婴玩具": 15_000,
    "数码": 30_000, "家电": 30_000, "数码家电": 30_000, "医疗保健": 50_000,
}  # fmt: skip
LICENCE_OF_BUSINESS: dict[str, str] = {
    "食品生鲜": "food",
    "食品": "food",
    "茶饮": "food",
    "生鲜": "food",
    "医疗保健": "medical",
}


def deposit_of(base: int, business: str) -> int:
    """Return the deposit in fen of a shop with this main category. base: of the world, in fen."""
    return base * DEPOSIT_BP.get(business, _FULL) // _FULL


def attributes_of(l1: str, l2: str) -> tuple[Attribute, ...]:
    """Return what goods of a category state, those of the leaf first; () outside the tree."""
    branch = TREE.get(l1)
    if branch is None or (l2 and l2 not in branch.leaves):
        return ()
    own = branch.leaves.get(l2, ())
    return (*own, *(item for item in branch.attributes if item.name not in {other.name for other in own}))


@cache
def categories_stating(name: str) -> frozenset[str]:
    """Return the first-level categories whose goods state this attribute; none for a name outside the book."""
    found = set()
    for l1, branch in TREE.items():
        stated = [*branch.attributes, *(item for leaf in branch.leaves.values() for item in leaf)]
        if any(item.name == name for item in stated):
            found.add(l1)
    return frozenset(found)


def licence_of(l1: str, l2: str) -> str:
    """Return the licence (key of ``papers.LICENCES``) that selling in a category needs, or ''."""
    branch = TREE.get(l1)
    if branch is None:
        return ""
    return branch.licences.get(l2, branch.licence)


def missing_attributes(l1: str, l2: str, given: Mapping[str, object]) -> list[Attribute]:
    """Return the required attributes that are not stated."""
    return [item for item in attributes_of(l1, l2) if item.required and not str(given.get(item.name, "")).strip()]


def with_usual(l1: str, l2: str, given: Mapping[str, object]) -> dict[str, object]:
    """Return the attributes with the usual value for every required one that is not stated."""
    return {**given, **{item.name: item.usual for item in missing_attributes(l1, l2, given)}}
