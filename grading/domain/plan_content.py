"""Content of the plan (《网络创业规划书》): the ten SYB steps, the online additions, products, and its checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grading.domain.forecast import Product
from grading.domain.plan_extras import Extras, parse_extras
from grading.domain.plan_figures import PlanFigures, parse_figures, problems

MAX_TITLE = 60
MAX_SECTION = 5000
MINIMUM_WORDS = 20


@dataclass(frozen=True, slots=True)
class Section:
    """One text section. masked: speaks of the author and never reaches an assessor."""

    key: str
    number: str
    title: str
    hint: str
    masked: bool = False
    online: bool = False


SECTIONS: tuple[Section, ...] = (
    Section("overview", "一", "企业概况", "经营范围、企业类型、主要产品或服务，为什么选这个项目。"),
    Section("author", "二", "创业计划作者情况", "以往经历、培训与学习情况。评审时隐去，不影响得分。", masked=True),
    Section("market", "三", "市场评估", "目标顾客是谁、市场有多大、变化趋势；竞争对手的优势劣势，自己的优势劣势。"),
    Section(
        "marketing", "四", "市场营销计划", "产品特点、成本价与售价、同行价格、折扣与赊销；销售渠道；推广方式和费用。"
    ),
    Section("organisation", "五", "企业组织结构", "法律形态、需要的证照、岗位与月薪、合伙约定。"),
    Section("assets", "六", "固定资产", "工具设备、办公家具与电子产品，价格、使用年限和每月折旧。"),
    Section("working_capital", "七", "流动资金（月）", "进货与包装、其他经营费用（不含折旧和贷款利息），准备几个月。"),
    Section("forecast", "八", "销售收入预测（12 个月）", "说明下面表中数量和价格的依据：淡旺季、活动、增长理由。"),
    Section("cost_plan", "九", "销售和成本计划", "工资、房租、推广、水电、折旧、利息、保险等，什么时候开始赢利。"),
    Section("cash_flow", "十", "现金流量计划", "启动资金来源，哪几个月最紧张，怎样保证月底现金不为负。"),
    Section(
        "platform", "网一", "平台与费用", "选择哪些平台，保证金、佣金、支付手续费各是多少，怎样计入成本。", online=True
    ),
    Section("logistics", "网二", "供应商与物流", "供货条件、一件代发或备货、快递与包装、退换货安排。", online=True),
    Section("traffic", "网三", "流量与直播计划", "自然流量、付费推广、直播排期与脚本，预期转化。", online=True),
)
SECTION_KEYS = tuple(section.key for section in SECTIONS)


@dataclass(frozen=True, slots=True)
class PlanContent:
    """What a version of a plan says."""

    title: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    products: tuple[Product, ...] = ()
    figures: PlanFigures | None = None
    extras: Mapping[str, Extras] = field(default_factory=dict)

    def text(self, key: str) -> str:
        return self.sections.get(key, "")

    def beside(self, key: str) -> Extras:
        return self.extras.get(key, Extras())

    def picture_numbers(self, *, blind: bool = False) -> list[int]:
        """Return the numbers of all pictures in their order; blind: without the masked sections."""
        shown = [section for section in SECTIONS if not (blind and section.masked)]
        return [one.number for section in shown for one in self.beside(section.key).pictures]

    def as_json(self) -> dict[str, Any]:
        """Return the content as plain values, every section present."""
        return {
            "title": self.title,
            "sections": {key: self.text(key) for key in SECTION_KEYS},
            "products": [
                {"name": p.name, "price": p.price, "unit_cost": p.unit_cost, "quantity": list(p.quantity)}
                for p in self.products
            ],
            **({} if self.figures is None else {"figures": self.figures.as_json()}),
            **({"extras": {key: part.as_json() for key, part in self.extras.items()}} if self.extras else {}),
        }


def parse_content(value: Mapping[str, Any]) -> PlanContent:
    """Return the content that was stored as JSON."""
    products = tuple(
        Product(p["name"], p["price"], p["unit_cost"], tuple(p["quantity"])) for p in value.get("products", ())
    )
    return PlanContent(
        value.get("title", ""),
        dict(value.get("sections", {})),
        products,
        parse_figures(value.get("figures")),
        parse_extras(value.get("extras")),
    )


def words(text: str) -> int:
    """Return the number of characters that are not blank (字数)."""
    return sum(not ch.isspace() for ch in text)


def total_words(content: PlanContent) -> int:
    """Return the number of characters of all sections."""
    return sum(words(content.text(key)) for key in SECTION_KEYS)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps a plan from being complete, or is worth a look; anchor: id on the editor page."""

    message: str
    anchor: str
    blocks: bool = True
    rule: str = ""


def check(content: PlanContent) -> list[Finding]:
    """Return what is still missing or odd, in the order of the plan."""
    findings = []
    if not content.title:
        findings.append(Finding("还没有填写项目名称。", "plan-title"))
    for section in SECTIONS:
        count = words(content.text(section.key))
        if count < MINIMUM_WORDS:
            findings.append(
                Finding(f"“{section.title}”只有 {count} 字，至少写 {MINIMUM_WORDS} 字。", f"section-{section.key}")
            )
    if not content.products:
        findings.append(Finding("销售预测里还没有产品，至少填写一种。", "products"))
    for number, product in enumerate(content.products, 1):
        anchor = f"product-{number}"
        if product.price == 0:
            findings.append(Finding(f"产品“{product.name}”的售价是 0，请填写售价。", anchor))
        if not any(product.quantity):
            findings.append(Finding(f"产品“{product.name}”12 个月的销量都是 0，请填写预测销量。", anchor))
        if product.price and product.unit_cost >= product.price:
            findings.append(
                Finding(f"产品“{product.name}”的单位成本不低于售价，请在营销计划里说明原因。", anchor, blocks=False)
            )
    if content.figures is None:
        if content.products:
            findings.append(Finding("还没有填写成本、资产与资金，算不出利润和现金流量。", "finance", blocks=False))
        return findings
    found = problems(content.figures, content.products)
    return [*findings, *(Finding(one.message, one.anchor, one.blocks, one.rule) for one in found)]


def blocking(content: PlanContent) -> list[Finding]:
    """Return what blocks marking the plan as complete."""
    return [finding for finding in check(content) if finding.blocks]
