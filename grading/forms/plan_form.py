"""The plan's form: many text sections and a table of products, kept as typed until it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import InvalidInput, Issue
from app.core.money import parse_yuan, plain_yuan
from app.core.web.forms import clean_text
from grading.domain.forecast import MAX_PRICE, MAX_PRODUCTS, MAX_QUANTITY, MONTHS, Product
from grading.domain.plan_content import MAX_SECTION, MAX_TITLE, SECTION_KEYS, SECTIONS, PlanContent
from grading.forms.extras_form import ExtrasForm
from grading.forms.finance_form import FinanceForm

MAX_NAME = 40
TITLES = {section.key: section.title for section in SECTIONS}


@dataclass(slots=True)
class ProductRow:
    """One product as typed."""

    name: str = ""
    price: str = ""
    unit_cost: str = ""
    quantity: list[str] = field(default_factory=lambda: [""] * MONTHS)

    @property
    def empty(self) -> bool:
        return not any([self.name, self.price, self.unit_cost, *self.quantity])


@dataclass(slots=True)
class PlanForm:
    """What stands in the editor: the typed text, the version it began from, errors by field."""

    version: int = 0
    title: str = ""
    sections: dict[str, str] = field(default_factory=dict)
    rows: list[ProductRow] = field(default_factory=list)
    money: FinanceForm = field(default_factory=FinanceForm)
    extras: ExtrasForm = field(default_factory=lambda: ExtrasForm({}))
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def show(cls, content: PlanContent, version: int) -> PlanForm:
        """Return the editor of a stored content."""
        rows = [
            ProductRow(p.name, plain_yuan(p.price), plain_yuan(p.unit_cost), [str(q) for q in p.quantity])
            for p in content.products
        ]
        sections = {key: content.text(key) for key in SECTION_KEYS}
        money, extras = FinanceForm.show(content.figures), ExtrasForm.show(content.extras)
        return cls(version, content.title, sections, rows or [ProductRow()], money, extras)

    @classmethod
    def read(cls, sent: Mapping[str, Any]) -> PlanForm:
        """Return the editor as it was sent; nothing is judged yet."""

        def text(name: str) -> str:
            return clean_text(str(sent.get(name, "")))

        version = text("version")
        count = text("products")
        rows = [
            ProductRow(
                text(f"product-{n}-name"),
                text(f"product-{n}-price"),
                text(f"product-{n}-cost"),
                [text(f"product-{n}-q{month}") for month in range(1, MONTHS + 1)],
            )
            for n in range(1, min(_whole(count) or 0, MAX_PRODUCTS) + 1)
        ]
        return cls(
            _whole(version) or 0,
            text("title"),
            {key: text(f"section-{key}") for key in SECTION_KEYS},
            rows or [ProductRow()],
            FinanceForm.read(sent),
            ExtrasForm.read(sent),
        )

    def content(self) -> PlanContent:
        """Return the typed content. Raises InvalidInput; ``errors`` then says what is wrong where."""
        self.errors = {}
        if len(self.title) > MAX_TITLE:
            self.errors["title"] = f"项目名称最多 {MAX_TITLE} 字。"
        for key, text in self.sections.items():
            if len(text) > MAX_SECTION:
                self.errors[f"section-{key}"] = f"“{TITLES[key]}”超过 {MAX_SECTION} 字，请精简。"
        products = [self._product(n, row) for n, row in enumerate(self.rows, 1) if not row.empty]
        figures = self.money.figures(self.errors)
        extras = self.extras.extras(self.errors)
        if self.errors:
            raise InvalidInput(
                f"还有 {len(self.errors)} 处需要修改，内容没有保存。",
                issues=[Issue(message, field=name) for name, message in self.errors.items()],
            )
        return PlanContent(self.title, dict(self.sections), tuple(products), figures, extras)

    def _product(self, number: int, row: ProductRow) -> Product:
        where = f"产品 {number}"
        if not row.name:
            self.errors[f"product-{number}-name"] = f"{where}缺少名称。"
        elif len(row.name) > MAX_NAME:
            self.errors[f"product-{number}-name"] = f"{where}的名称最多 {MAX_NAME} 字。"
        price = self._amount(f"product-{number}-price", f"{where}的售价", row.price)
        cost = self._amount(f"product-{number}-cost", f"{where}的单位成本", row.unit_cost)
        quantity = tuple(
            self._quantity(f"product-{number}-q{month}", f"{where}第 {month} 个月的销量", text)
            for month, text in enumerate(row.quantity, 1)
        )
        return Product(row.name, price, cost, quantity)

    def _amount(self, name: str, what: str, text: str) -> int:
        try:
            amount = parse_yuan(text) if text else 0
        except ValueError:
            amount = -1
        if not 0 <= amount <= MAX_PRICE:
            self.errors[name] = f"{what}应是 0 到 {MAX_PRICE // 100} 元之间的金额，最多两位小数，例如 12.50。"
        return amount

    def _quantity(self, name: str, what: str, text: str) -> int:
        amount = _whole(text) if text else 0
        if amount is None or amount > MAX_QUANTITY:
            self.errors[name] = f"{what}应是 0 到 {MAX_QUANTITY} 之间的整数。"
            return 0
        return amount

    def add_row(self) -> None:
        """Add an empty product. Raises InvalidInput at the limit."""
        if len(self.rows) >= MAX_PRODUCTS:
            raise InvalidInput(f"最多填写 {MAX_PRODUCTS} 种产品，请合并相近的产品。", field="products")
        self.rows.append(ProductRow())

    def remove_row(self, number: int) -> None:
        """Remove the product with this number (from 1), if there is one."""
        if 1 <= number <= len(self.rows):
            del self.rows[number - 1]
        if not self.rows:
            self.rows.append(ProductRow())


def _whole(text: str) -> int | None:
    """Return a number typed with digits alone, or None."""
    text = text.replace(",", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
