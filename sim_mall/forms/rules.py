"""Forms of rules and penalties."""

from __future__ import annotations

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.core.web.forms import Form
from sim_mall.domain.rules.book import RULES, WORD_RULES
from sim_mall.domain.rules.matching import LEVEL_NAMES
from sim_mall.domain.rules.word_files import MAX_WORD
from sim_mall.services.rules.violations import MAX_APPEAL, MIN_APPEAL


class AppealForm(Form):
    """Appeal against a violation."""

    text = TextAreaField(
        "申诉理由",
        [
            InputRequired("请写明申诉理由。"),
            Length(MIN_APPEAL, MAX_APPEAL, f"请写明申诉理由，{MIN_APPEAL} 到 {MAX_APPEAL} 个字。"),
        ],
        description="写清事实和依据，例如检测报告编号、物流记录。每条违规只能申诉一次。",
    )


class VerdictForm(Form):
    """The instructor's verdict."""

    verdict = RadioField(
        "结论",
        [InputRequired("请选择结论。")],
        choices=[("revoke", "申诉成立，撤销违规（退回分数、赔付和处罚）"), ("uphold", "申诉不成立，维持违规")],
    )
    text = StringField("理由", [InputRequired("请写明理由。"), Length(2, 300, "请写明理由，2 到 300 个字。")])


class WordForm(Form):
    """One word of the list."""

    text = StringField("词语", [InputRequired("请填写词语。"), Length(1, MAX_WORD, f"词语不超过 {MAX_WORD} 个字。")])
    rule = SelectField("对应规则", choices=[(rule, f"{rule} {RULES[rule].name}") for rule in WORD_RULES])
    level = RadioField("程度", choices=[(str(level), name) for level, name in LEVEL_NAMES.items()], default="ban")
    exceptions = TextAreaField(
        "例外短语", [Optional(), Length(max=1000)], description="一行一个。短语里出现这个词不算违规，如“第一时间”。"
    )
    advice = StringField("怎么改", [Optional(), Length(max=200)], description="学员会看到的修改建议，可留空。")


class StrictnessForm(Form):
    """How hard the rules bite in this class."""

    strictness = RadioField(
        "规则力度",
        [InputRequired("请选择规则力度。")],
        choices=[
            ("0", "只提醒：记录违规，不扣分、不处罚"),
            ("1", "标准：禁用词拦截并处罚，慎用词只提醒"),
            ("2", "严格：慎用词也拦截并处罚"),
        ],
    )
