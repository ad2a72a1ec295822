"""Forms of the shop's money."""

from __future__ import annotations

from wtforms import RadioField
from wtforms.validators import InputRequired

from app.core.web.forms import Form, YuanField
from sim_mall.services.funds import SOURCES


class WithdrawForm(Form):
    """提现: from the balance to the owner's wallet."""

    amount = YuanField("提现金额", [InputRequired("请填写金额。")], low=1)


class DepositForm(Form):
    """补缴保证金."""

    amount = YuanField("补缴金额", [InputRequired("请填写金额。")], low=1)
    source = RadioField("从哪里缴纳", choices=list(SOURCES.items()), default="wallet")


class ReleaseForm(Form):
    """转出多余的保证金."""

    amount = YuanField("转出金额", [InputRequired("请填写金额。")], low=1)
