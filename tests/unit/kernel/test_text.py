"""Text from outside: what nobody sees goes, what people write stays."""

from __future__ import annotations

import pytest

from app.core.files import sniff
from app.core.web.forms import clean_text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  你好 ", "你好"),
        ("a\u200bb\u202ec\u2066d", "abcd"),
        ("第一行\r\n第二行", "第一行\n第二行"),
        ("\x00\x07x\x1b", "x"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("'; DROP TABLE x; --", "'; DROP TABLE x; --"),
        ("𡃁䶮𠮷😀", "𡃁䶮𠮷😀"),
        ("e\u0301", "\u00e9"),
        (None, ""),
    ],
)
def test_text_is_cleaned(typed: str | None, kept: str) -> None:
    assert clean_text(typed) == kept


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"PK\x03\x04", "application/zip"),
        ("文字".encode(), "text/plain"),
        (b"\x7fELF\x00\x00", "application/octet-stream"),
    ],
)
def test_kinds_are_known_by_content(data: bytes, kind: str) -> None:
    assert sniff(data) == kind
