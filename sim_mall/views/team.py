"""Members of the shop (店铺成员): invite, accept, roles, and the shop that somebody works in."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.accounts.scopes import account_names
from app.core.errors import DomainError, NotFound
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.shop_flow import SHOP_NAMES
from sim_mall.domain.shop_roles import MEMBER_NAMES, ROLE_NAMES, ROLE_WORDS, MemberState, ShopPower, ShopRole
from sim_mall.forms.team import InviteForm
from sim_mall.services import members
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import done, number

ROLES = [(role.value, ROLE_NAMES[role], ROLE_WORDS[role]) for role in ShopRole if role is not ShopRole.OWNER]


def _page(form: InviteForm | None = None) -> str:
    who = actor()
    now = sim_now(who.world())
    seats = access.seats(who)
    here = seats[0] if seats else None
    manages = bool(here and here.may(ShopPower.MEMBERS) and here.shop.state in access.VISIBLE)
    rows = members.members_of(here.shop) if here and here.shop.state in access.VISIBLE else []
    invitations = members.invitations(who)
    names = account_names(
        {row.account_id for row in rows}
        | {row.shop.owner_id for row in invitations}
        | ({here.shop.owner_id} if here else set())
    )
    if manages and form is None:
        form = InviteForm(formdata=None)
    if manages and form is not None and here is not None:
        form.offer(members.classmates(here.shop))
    mine = next((row for row in rows if row.account_id == who.account_id), None)
    return render_template(
        "mall/seller/team.html",
        shop_name=here.shop.name if here else "",
        here=here,
        role=ROLE_NAMES[here.role] if here else "",
        owner=names.get(here.shop.owner_id, "") if here else "",
        seats=[
            {
                "id": one.shop.id,
                "name": one.shop.name,
                "role": ROLE_NAMES[one.role],
                "state": SHOP_NAMES[one.shop.state],
                "here": index == 0,
            }
            for index, one in enumerate(seats)
        ],
        invitations=[
            {
                "id": row.id,
                "shop": row.shop.name,
                "owner": names.get(row.shop.owner_id, ""),
                "role": ROLE_NAMES[row.role],
                "words": ROLE_WORDS[row.role],
                "at": when(row.invited_at, now),
            }
            for row in invitations
        ],
        members=[
            {
                "id": row.id,
                "name": names.get(row.account_id, ""),
                "role": row.role.value,
                "role_name": ROLE_NAMES[row.role],
                "state": MEMBER_NAMES[row.state],
                "invited": row.state == MemberState.INVITED,
                "at": when(row.joined_at or row.invited_at, now),
                "me": row.account_id == who.account_id,
            }
            for row in rows
        ],
        my_membership=mine.id if mine else None,
        manages=manages,
        roles=ROLES,
        form=form if manages else None,
    )


@seller.get("/team")
@requires(Permission.MALL_SELL)
def team() -> Answer:
    """店铺成员: who runs the shop, invitations, and in which shop one works."""
    return _page()


@seller.post("/team/invite")
@requires(Permission.MALL_SELL)
def invite_member() -> Answer:
    """邀请同学 into the shop, in a role."""
    form = InviteForm()
    shop = access.shop_of(actor(), ShopPower.MEMBERS)
    form.offer(members.classmates(shop))
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                members.invite_member(actor(), form.account_id.data, form.role.data, form.key.data)
        except DomainError as error:
            if error.code == "key_reused":
                raise
            form.show(error)
            status = error.status
        else:
            done("邀请已发出，对方接受后就可以一起经营。")
            return redirect(url_for("seller.team"))
    return _page(form), status


@seller.post("/team/invitations/<int:member_id>")
@requires(Permission.MALL_SELL)
def answer_invitation(member_id: int) -> Answer:
    """接受 or 谢绝 an invitation."""
    decision = request.form.get("decision")
    if decision not in {"accept", "decline"}:
        raise NotFound
    with unit_of_work():
        members.answer_invitation(actor(), member_id, accept=decision == "accept")
    done("已加入店铺，现在可以在卖家中心一起经营。" if decision == "accept" else "已谢绝邀请。")
    return redirect(url_for("seller.team"))


@seller.post("/team/members/<int:member_id>/role")
@requires(Permission.MALL_SELL)
def change_member_role(member_id: int) -> Answer:
    """Give a member another role."""
    with unit_of_work():
        members.change_role(actor(), member_id, request.form.get("role", ""))
    done("岗位已调整。")
    return redirect(url_for("seller.team"))


@seller.post("/team/members/<int:member_id>/remove")
@requires(Permission.MALL_SELL)
def remove_member(member_id: int) -> Answer:
    """移出 a member or withdraw an invitation."""
    with unit_of_work():
        members.remove_member(actor(), member_id)
    done("已移出店铺。")
    return redirect(url_for("seller.team"))


@seller.post("/team/members/<int:member_id>/leave")
@requires(Permission.MALL_SELL)
def leave_shop(member_id: int) -> Answer:
    """退出 a shop that one works in."""
    with unit_of_work():
        members.leave_shop(actor(), member_id)
    done("已退出店铺。")
    return redirect(url_for("seller.team"))


@seller.post("/team/here")
@requires(Permission.MALL_SELL)
def work_in() -> Answer:
    """Choose the shop that one works in."""
    with unit_of_work():
        shop = members.work_in(actor(), number("shop_id"))
        name = shop.name
    done(f"已切换到“{name}”。")
    return redirect(url_for("seller.team"))
