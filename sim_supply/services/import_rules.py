"""What every import of the supply system keeps to: which rows of a checked file may be taken."""

from __future__ import annotations

from app.core.errors import Refused

ONLY_CHECKED = "只检查，没有导入。"


def may_take(good: int, refused: int, good_only: bool) -> None:
    """Raise Refused for a file without a good row, and for one with bad rows unless the good ones alone are wanted."""
    if not good:
        raise Refused("文件里没有可以导入的行，请按报告修改后重新上传。", code="nothing_good")
    if refused and not good_only:
        text = f"文件里有 {refused} 行不合格，没有导入任何一行；请修改后重新上传，或选择只导入合格的行。"
        raise Refused(text, code="rows_refused")


def reason_against(good: int, refused: int, good_only: bool, dry_run: bool) -> str | None:
    """Return why a checked file is not taken now; None: it is."""
    try:
        may_take(good, refused, good_only)
    except Refused as error:
        return error.message
    return ONLY_CHECKED if dry_run else None
