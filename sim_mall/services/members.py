"""Members of a shop (店铺成员): the owner invites classmates, who accept; each works in a role."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts import scopes
from app.accounts.models import Account
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission, Role
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.data import Colleague
from sim_mall.domain.shop_roles import MEMBER_FLOW, ROLE_NAMES, MemberState, ShopPower, ShopRole
from sim_mall.models.members import ShopMember
from sim_mall.models.shops import Shop
from sim_mall.services.notices import note, notify

MAX_MEMBERS = 20
LIVING = (MemberState.INVITED, MemberState.ACTIVE)


def classmates(shop: Shop) -> list[Account]:
    """Return the trainees of the class that may be invited: not the owner, not invited or in the shop already."""
    taken = set(
        db.session.scalars(
            sa.select(ShopMember.account_id).where(ShopMember.shop_id == shop.id, ShopMember.state.in_(LIVING))
        )
    )
    trainees = scopes.holders(Role.TRAINEE, scope_of_world(shop.world_id))
    return [one for one in trainees if one.id != shop.owner_id and one.id not in taken]


def members_of(shop: Shop) -> list[ShopMember]:
    """Return who is invited or works in the shop, oldest first."""
    query = sa.select(ShopMember).where(ShopMember.shop_id == shop.id, ShopMember.state.in_(LIVING))
    return list(db.session.scalars(query.order_by(ShopMember.id)))


def invitations(actor: Actor) -> list[ShopMember]:
    """Return the open invitations of the actor with their shops; one query."""
    if actor.world_id is None or actor.account_id is None:
        return []
    query = (
        sa.select(ShopMember)
        .options(orm.joinedload(ShopMember.shop))
        .where(
            ShopMember.world_id == actor.world_id,
            ShopMember.account_id == actor.account_id,
            ShopMember.state == MemberState.INVITED,
        )
    )
    return list(db.session.scalars(query.order_by(ShopMember.id)))


def _member(actor: Actor, member_id: int) -> ShopMember:
    """Return a membership of a shop whose members the actor manages."""
    query = sa.select(ShopMember).where(ShopMember.id == member_id, ShopMember.world_id == actor.world())
    member = db.session.scalars(query).one_or_none()
    if member is None:
        raise NotFound
    access.require_power(actor, member.shop_id, ShopPower.MEMBERS)
    return member


def _own(actor: Actor, member_id: int) -> ShopMember:
    """Return a membership of the actor's own person."""
    query = sa.select(ShopMember).where(
        ShopMember.id == member_id, ShopMember.world_id == actor.world(), ShopMember.account_id == actor.person()
    )
    member = db.session.scalars(query).one_or_none()
    if member is None:
        raise NotFound
    return member


def _check_role(role: str) -> ShopRole:
    found = next((one for one in ShopRole if one.value == role and one is not ShopRole.OWNER), None)
    if found is None:
        raise InvalidInput("请选择一个岗位：运营、客服或仓管。", field="role")
    return found


def invite_member(actor: Actor, account_id: int, role: str, key: str) -> int:
    """Invite a classmate into the shop that the actor works in; return the membership's id.

    Raises InvalidInput for somebody who is no trainee of the class, Refused when the person is in already.
    """
    shop = access.shop_of(actor, ShopPower.MEMBERS)
    body = [shop.id, account_id, role]
    done: int = once(actor, key, "shop.invite", body, lambda: _invite(actor, shop, account_id, _check_role(role)))
    return done


def _invite(actor: Actor, shop: Shop, account_id: int, role: ShopRole) -> int:
    trainees = {one.id for one in scopes.holders(Role.TRAINEE, scope_of_world(shop.world_id))}
    if account_id == shop.owner_id or account_id not in trainees:
        raise InvalidInput("请从本班学员中选择一位同学。", field="account_id")
    if len(members_of(shop)) >= MAX_MEMBERS:
        raise Refused(f"一家店铺最多 {MAX_MEMBERS} 位成员。", code="too_many_members")
    now = sim_now(shop.world_id)
    found = db.session.scalars(
        sa.select(ShopMember).where(ShopMember.shop_id == shop.id, ShopMember.account_id == account_id)
    ).one_or_none()
    if found is None:
        found = ShopMember(
            state=MemberState.INVITED,
            world_id=shop.world_id,
            shop_id=shop.id,
            account_id=account_id,
            role=role,
            invited_at=now,
        )
        db.session.add(found)
        db.session.flush()
    else:
        values = {"role": role, "invited_at": now, "joined_at": None, "ended_at": None, "here": False}
        fire(MEMBER_FLOW, found, "invite_again", actor, sim_at=now, values=values)
    note(actor, shop.world_id, "shop.member_invited", f"shop:{shop.id}", {"account": account_id, "role": role})
    text = f"“{shop.name}”邀请你担任{ROLE_NAMES[role]}，接受后可以一起经营这家店。"
    notify(shop.world_id, account_id, "shop", "店铺邀请", text, "/seller/team")
    return found.id


def answer_invitation(actor: Actor, member_id: int, *, accept: bool) -> ShopMember:
    """Accept or decline an own invitation; who accepts works in that shop from now on."""
    actor.require(Permission.MALL_SELL)
    member = _own(actor, member_id)
    now = sim_now(member.world_id)
    values = {"joined_at": now} if accept else {"ended_at": now}
    fire(MEMBER_FLOW, member, "accept" if accept else "decline", actor, sim_at=now, values=values)
    if accept:
        _work_in(actor, member)
    done = "joined" if accept else "declined"
    note(actor, member.world_id, f"shop.member_{done}", f"shop:{member.shop_id}", {"role": member.role})
    shop = member.shop
    text = f"{actor.name}{'接受' if accept else '谢绝'}了担任{ROLE_NAMES[member.role]}的邀请。"
    notify(shop.world_id, shop.owner_id, "shop", "店铺成员", text, "/seller/team")
    return member


def change_role(actor: Actor, member_id: int, role: str) -> ShopMember:
    """Give a member or an invited person another role."""
    actor.require(Permission.MALL_SELL)
    member = _member(actor, member_id)
    wanted = _check_role(role)
    if member.state == MemberState.ENDED:
        raise Refused("这位同学已经不在店铺里了。", code="wrong_state")
    before, member.role = member.role, wanted
    facts = {"account": member.account_id, "before": before, "after": wanted}
    note(actor, member.world_id, "shop.member_role", f"shop:{member.shop_id}", facts)
    text = f"你在“{member.shop.name}”的岗位调整为{ROLE_NAMES[wanted]}。"
    notify(member.world_id, member.account_id, "shop", "岗位调整", text, "/seller/team")
    return member


def remove_member(actor: Actor, member_id: int) -> ShopMember:
    """Withdraw an invitation, or let a member go."""
    actor.require(Permission.MALL_SELL)
    member = _member(actor, member_id)
    event = "withdraw" if member.state == MemberState.INVITED else "remove"
    _end(actor, member, event)
    text = f"你{'收到的邀请已撤回' if event == 'withdraw' else '已不再是店铺成员'}：“{member.shop.name}”。"
    notify(member.world_id, member.account_id, "shop", "店铺成员", text, "/seller/team")
    return member


def leave_shop(actor: Actor, member_id: int) -> ShopMember:
    """Leave a shop that the actor works in."""
    actor.require(Permission.MALL_SELL)
    member = _own(actor, member_id)
    _end(actor, member, "leave")
    text = f"{actor.name}离开了店铺。"
    notify(member.world_id, member.shop.owner_id, "shop", "店铺成员", text, "/seller/team")
    return member


def _end(actor: Actor, member: ShopMember, event: str) -> None:
    now = sim_now(member.world_id)
    fire(MEMBER_FLOW, member, event, actor, sim_at=now, values={"ended_at": now, "here": False})
    facts = {"account": member.account_id, "event": event}
    note(actor, member.world_id, "shop.member_ended", f"shop:{member.shop_id}", facts)


def work_in(actor: Actor, shop_id: int) -> Shop:
    """Choose the shop that the actor works in: the own one or a joined one. Raises NotFound for any other."""
    actor.require(Permission.MALL_SELL)
    chosen = next((one for one in access.seats(actor) if one.shop.id == shop_id), None)
    if chosen is None:
        raise NotFound
    member = db.session.scalars(
        sa.select(ShopMember).where(ShopMember.shop_id == shop_id, ShopMember.account_id == actor.person())
    ).one_or_none()
    _work_in(actor, None if chosen.role is ShopRole.OWNER else member)
    return chosen.shop


def _work_in(actor: Actor, member: ShopMember | None) -> None:
    db.session.flush()
    db.session.execute(
        sa.update(ShopMember)
        .where(ShopMember.world_id == actor.world(), ShopMember.account_id == actor.person())
        .values(here=ShopMember.id == (member.id if member else 0))
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def colleagues(world_id: int, shop_id: int) -> list[Colleague]:
    """Return who works in a shop of the world, the owner first."""
    shop = db.session.scalars(sa.select(Shop).where(Shop.id == shop_id, Shop.world_id == world_id)).one_or_none()
    if shop is None:
        return []
    roles: dict[int, str] = {shop.owner_id: str(ShopRole.OWNER)}
    roles |= {one.account_id: str(one.role) for one in members_of(shop) if one.state is MemberState.ACTIVE}
    names = dict(db.session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(list(roles)))).all())
    return [Colleague(account_id, names.get(account_id, ""), role) for account_id, role in roles.items()]
