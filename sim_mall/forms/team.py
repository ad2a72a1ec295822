"""Forms of the shop's members."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from app.accounts.models import Account
from app.core.web.forms import Form
from sim_mall.domain.shop_roles import ROLE_NAMES, ROLE_WORDS, ShopRole


class InviteForm(Form):
    """Invite a classmate in a role."""

    account_id = SelectField("同学", [InputRequired("请选择一位同学。")], coerce=int, choices=[])
    role = RadioField(
        "岗位",
        [InputRequired("请选择岗位。")],
        choices=[(r.value, f"{ROLE_NAMES[r]}：{ROLE_WORDS[r]}") for r in ShopRole if r is not ShopRole.OWNER],
        default=ShopRole.OPERATOR.value,
    )

    def offer(self, people: Sequence[Account]) -> None:
        """Offer these people to choose from."""
        self.account_id.choices = [(one.id, f"{one.name}（{one.login}）") for one in people]
