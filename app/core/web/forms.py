"""Base form: Chinese messages, trimmed text, hostile characters refused, money fields, a key against double submits."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from app.core.errors import DomainError, InvalidInput
from app.core.money import parse_yuan, plain_yuan

INVISIBLE = {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"}
DIRECTION = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


def clean_text(text: str | None) -> str:
    """Return text as it is stored: NFC, trimmed, without zero-width, direction and control marks.

    Joiners inside emoji sequences go too; the emoji stay readable. Newlines and tabs are kept.
    """
    if not text:
        return ""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = [
        ch
        for ch in text
        if ch not in INVISIBLE
        and ch not in DIRECTION
        and (ch in "\n\t" or unicodedata.category(ch) not in {"Cc", "Cs"})
    ]
    return "".join(kept).strip()


def _clean_typed(value: Any) -> Any:
    """Clean what a person typed; values that a page puts into its own form stay as they are."""
    return clean_text(value) if isinstance(value, str) else value


class Form(FlaskForm):  # type: ignore[misc]
    """Base of all forms. ``key`` makes a submit idempotent."""

    key = HiddenField()

    class Meta:
        locales = ["zh"]

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            filters = unbound_field.kwargs.get("filters", ())
            if issubclass(unbound_field.field_class, StringField) and not unbound_field.kwargs.get("raw"):
                filters = (*filters, _clean_typed)
            unbound_field.kwargs.pop("raw", None)
            return unbound_field.bind(form=form, filters=filters, **options)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.key.data:
            self.key.data = new_key()

    def accept(self) -> bool:
        """Say whether a submit came in and holds; field errors are beside the fields otherwise."""
        return bool(self.validate_on_submit())

    def show(self, error: DomainError) -> None:
        """Put a refusal beside the field it speaks of, or above the form."""
        target = self._fields.get(error.field or "")
        if target is not None:
            target.errors = [*target.errors, error.message]
        else:
            self.form_errors: list[str] = [*self.form_errors, error.message]


class YuanField(Field):
    """An amount typed in yuan; ``data`` is integer fen."""

    widget = TextInput()

    def __init__(
        self, label: str = "", validators: Any = None, *, low: int = 0, high: int = 10**11, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.low, self.high = low, high

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else plain_yuan(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            self.data = parse_yuan(valuelist[0])
        except ValueError as error:
            raise ValidationError("请填写金额，最多两位小数，例如 12.50。") from error

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not self.low <= self.data <= self.high:
            raise ValidationError(f"金额应在 {plain_yuan(self.low)} 到 {plain_yuan(self.high)} 元之间。")


def new_key() -> str:
    """Return a fresh key for one submit."""
    return secrets.token_urlsafe(16)


def form_key(form: Any) -> str:
    """Return the key sent with a form (a mapping of fields). Raises InvalidInput without one."""
    key = str(form.get("key", "")).strip()
    if not key or len(key) > 80:
        raise InvalidInput("请求缺少防重复编号，请刷新页面后重试。", field="key")
    return key
