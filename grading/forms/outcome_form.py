"""The self-report (自述) of the practice outcome."""

from __future__ import annotations

from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from app.core.web.forms import Form
from grading.data import MAX_REPORT, REPORT_FIELDS, ReportText

_TOO_LONG = f"最多 {MAX_REPORT} 字，请精简。"


class OutcomeForm(Form):
    """Fields of the self-report; ``version`` guards against two tabs."""

    version = HiddenField(default="0")
    positioning = TextAreaField(REPORT_FIELDS[0][1], [Length(max=MAX_REPORT, message=_TOO_LONG)])
    goods_story = TextAreaField(REPORT_FIELDS[1][1], [Length(max=MAX_REPORT, message=_TOO_LONG)])
    operations = TextAreaField(REPORT_FIELDS[2][1], [Length(max=MAX_REPORT, message=_TOO_LONG)])
    review = TextAreaField(REPORT_FIELDS[3][1], [Length(max=MAX_REPORT, message=_TOO_LONG)])

    def report(self) -> ReportText:
        """Return what was typed."""
        return ReportText({key: self[key].data or "" for key, _, _ in REPORT_FIELDS})

    def typed_version(self) -> int:
        """Return the version the page began from; anything unusable is 0."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
