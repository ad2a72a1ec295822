"""Practice with simulated customers (接待练习): they come, ask, wait for answers, thank or leave, and give marks.

They speak through the same conversations as buyers, and count in the same figures. ``step`` moves them on; a web
process calls it every few seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts.scopes import simulated_people
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.idempotency import once
from app.core.money import half_up
from app.core.uow import unit_of_work
from app.worlds.chance import Chance
from app.worlds.clock import get_world, sim_now
from sim_mall import access
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.practice import CUSTOMERS, Customer, Ending, Mark, customer, ending, mark, service_star
from sim_mall.domain.practice_bank import CARD_WORDS, IMPATIENT, SCRIPTS, UNCONVINCED
from sim_mall.domain.service_flow import MessageKind, Sender, SessionState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing
from sim_mall.models.practice import NextStep, PracticeVisit
from sim_mall.models.service import ServiceMessage, ServiceRound, ServiceSession, ServiceThread
from sim_mall.models.shops import Shop
from sim_mall.services import service_chat, service_desk
from sim_mall.services.service_journal import append
from sim_mall.services.shops import system_of

NAMES = tuple(f"模拟顾客{name}" for name in CUSTOMERS)
STEP_SECONDS = 2.0
AT_ONCE = 5  # visits of one shop that are not over
BATCH = 200


def invite(actor: Actor, count: int, key: str) -> int:
    """Let ``count`` simulated customers come to the shop one after the other; return how many will.

    Raises Refused without goods on sale or with too many customers at once.
    """
    shop = access.shop_of(actor, ShopPower.CHAT)
    if not 1 <= count <= AT_ONCE:
        raise InvalidInput(f"一次可以请 1 到 {AT_ONCE} 位模拟顾客。", field="count")

    def carry_out() -> int:
        if _goods(shop.id).first() is None:
            raise Refused("店铺还没有出售中的商品，顾客没有可问的；请先上架一件商品。", code="no_goods")
        visits = sa.select(PracticeVisit).where(PracticeVisit.shop_id == shop.id)
        db.session.execute(sa.select(Shop.id).where(Shop.id == shop.id).with_for_update())  # numbers are given once
        numbers = list(db.session.scalars(visits.with_only_columns(PracticeVisit.number)))
        waiting = visits.where(PracticeVisit.ending.is_(None)).with_only_columns(sa.func.count())
        if (db.session.scalar(waiting) or 0) + count > AT_ONCE:
            raise Refused(f"最多同时有 {AT_ONCE} 位模拟顾客，请先接待完现在的。", code="too_many")
        at = wall.now()
        for number in range(max(numbers, default=0) + 1, max(numbers, default=0) + 1 + count):
            who = _customer(shop.world_id, number)
            db.session.add(
                PracticeVisit(
                    world_id=shop.world_id,
                    shop_id=shop.id,
                    number=number,
                    intent=who.intent,
                    said=0,
                    next_step=NextStep.COME,
                    next_wall_at=at,
                )
            )
            at += timedelta(seconds=who.after)
        db.session.flush()
        return count

    found: int = once(actor, key, "practice.invite", {"count": count}, carry_out)
    return found


def _customer(world_id: int, number: int) -> Customer:
    """Return the n-th customer, the same for every shop of the world."""
    return customer(Chance(get_world(world_id).seed, "practice", number))


def _goods(shop_id: int) -> sa.ScalarResult[Listing]:
    query = sa.select(Listing).where(Listing.shop_id == shop_id, Listing.state == ListingState.ON_SALE)
    return db.session.scalars(query.order_by(Listing.id).limit(20))


def step() -> int:
    """Move every customer on whose time has come or who was answered; return how many moved."""
    moved = 0
    query = (
        sa.select(PracticeVisit.id, PracticeVisit.next_step, PracticeVisit.next_wall_at, ServiceSession.state)
        .outerjoin(ServiceSession, ServiceSession.id == PracticeVisit.session_id)
        .where(PracticeVisit.next_step != NextStep.NONE)
        .order_by(PracticeVisit.id)
        .limit(BATCH)
    )
    rows = db.session.execute(query).all()
    now = wall.now()
    for visit_id, next_step, at, state in rows:
        answered = next_step == NextStep.LEAVE and state in (SessionState.WAIT_BUYER, SessionState.CLOSED)
        if answered or at <= now:
            with unit_of_work():
                moved += _move(visit_id, next_step)
    return moved


def _move(visit_id: int, seen: NextStep) -> int:
    """Do what is due, unless another process has."""
    visit = db.session.get(PracticeVisit, visit_id, populate_existing=True, with_for_update=True)
    if visit is None or visit.next_step != seen or get_world(visit.world_id).frozen:
        return 0
    who = _customer(visit.world_id, visit.number)
    session = None if visit.session_id is None else db.session.get(ServiceSession, visit.session_id)
    if session is None:
        _come(visit, who)
    elif session.state == SessionState.CLOSED:
        _end(visit, session, who, _mark_of(visit, session), left=_unanswered(session))  # ended by the seat or the clock
    elif seen is NextStep.SPEAK:
        _speak(visit, session, who)
    elif session.state == SessionState.WAIT_BUYER:
        visit.next_step, visit.next_wall_at = NextStep.SPEAK, wall.now() + timedelta(seconds=who.typing)
    else:
        _end(visit, session, who, _mark_of(visit, session), left=True)
    return 1


def _wait(visit: PracticeVisit, who: Customer) -> None:
    visit.said += 1
    visit.next_step = NextStep.LEAVE
    visit.next_wall_at = wall.now() + timedelta(seconds=who.waits[visit.said - 1])


def _come(visit: PracticeVisit, who: Customer) -> None:
    """Open a conversation as one of the simulated people who have none with this shop now."""
    goods = list(_goods(visit.shop_id))
    if not goods:  # taken off sale meanwhile: nobody comes, nothing counts
        db.session.delete(visit)
        return
    listing = goods[visit.number % len(goods)]
    people = simulated_people(NAMES)
    busy = set(
        db.session.scalars(
            sa.select(ServiceSession.buyer_id).where(
                ServiceSession.shop_id == visit.shop_id, ServiceSession.open_of.is_not(None)
            )
        )
    )
    order = [*people[who.name :], *people[: who.name]]
    thread = service_chat.thread_with(visit.world_id, visit.shop_id, next(p for p in order if p not in busy))
    script = SCRIPTS[who.intent]
    text = script.openings[who.opening].format(goods=f"“{listing.title[:20]}”")
    visit.session_id = service_chat.hear(thread, text, script.stage, listing).id
    _wait(visit, who)


def _speak(visit: PracticeVisit, session: ServiceSession, who: Customer) -> None:
    found = _mark_of(visit, session)
    if found.to_the_point or visit.said > 1:
        _end(visit, session, who, found, left=False)
        return
    service_chat.hear(_thread(session), SCRIPTS[who.intent].nudge)
    _wait(visit, who)


def _unanswered(session: ServiceSession) -> bool:
    query = sa.select(ServiceRound.id).where(ServiceRound.session_id == session.id, ServiceRound.seconds.is_(None))
    return db.session.scalars(query.limit(1)).first() is not None


def _thread(session: ServiceSession) -> ServiceThread:
    return db.session.get_one(ServiceThread, session.thread_id)


def _mark_of(visit: PracticeVisit, session: ServiceSession) -> Mark:
    """Mark all that people of the shop said in the session, cards by their words."""
    rows = db.session.execute(
        sa.select(ServiceMessage.kind, ServiceMessage.text)
        .where(ServiceMessage.session_id == session.id, ServiceMessage.sender == Sender.SELLER)
        .order_by(ServiceMessage.seq)
    ).all()
    said = "\n".join(text if kind is MessageKind.TEXT else CARD_WORDS.get(kind, "") for kind, text in rows)
    first = sa.select(ServiceRound.seconds).where(ServiceRound.session_id == session.id, ServiceRound.first.is_(True))
    return mark(visit.intent, said, db.session.scalar(first))


def _end(visit: PracticeVisit, session: ServiceSession, who: Customer, found: Mark, *, left: bool) -> None:
    """Say the last words, rate, close the session, write the mark down for the shop."""
    thread, actor = _thread(session), system_of(visit.world_id)
    how = ending(found.points, left=left)
    if session.state != SessionState.CLOSED:
        last = {Ending.LEFT: IMPATIENT[who.leaves_with], Ending.UNCONVINCED: UNCONVINCED}
        append(thread, session, Sender.BUYER, last.get(how, SCRIPTS[who.intent].thanks), account_id=thread.buyer_id)
        service_desk.end(actor, session, "模拟顾客已离开，会话结束。")
    star = service_star(found.points, left=left)
    session.stars, session.rated_at = max(1, min(5, half_up(star, 100))), sim_now(visit.world_id)
    visit.next_step, visit.ending, visit.points, visit.star = NextStep.NONE, how, found.points, star
    visit.mark, visit.ended_at = [line.plain() for line in found.lines], sim_now(visit.world_id)
    missed = "、".join(line.label for line in found.lines if not line.got)
    rest = f"还差：{missed}。" if missed else "全部做到！"
    words = f"接待练习：{found.points} 分，评价 {session.stars} 星。{rest}"
    append(thread, session, Sender.SYSTEM, words, kind=MessageKind.SYSTEM, for_shop=True)


# -- reading --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Summary:
    """All visits of a shop that are over. points, star: means (star in hundredths), None without visits."""

    visits: int
    bought: int
    left: int
    points: int | None
    star: int | None


def visits_of(actor: Actor) -> sa.Select[PracticeVisit]:
    """Return the query of the visits of the shop that the actor answers for, newest first."""
    shop = access.shop_of(actor, ShopPower.CHAT)
    query = sa.select(PracticeVisit).options(orm.joinedload(PracticeVisit.session))
    return query.where(PracticeVisit.shop_id == shop.id).order_by(PracticeVisit.number.desc())


def summary(shop_id: int) -> Summary:
    """Return what came of the visits of a shop; one query."""

    def count(how: Ending) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((PracticeVisit.ending == how, 1), else_=0)), 0)

    row = db.session.execute(
        sa.select(
            sa.func.count(),
            count(Ending.BOUGHT),
            count(Ending.LEFT),
            sa.func.sum(PracticeVisit.points),
            sa.func.sum(PracticeVisit.star),
        ).where(PracticeVisit.shop_id == shop_id, PracticeVisit.ending.is_not(None))
    ).one()
    if not row[0]:
        return Summary(0, 0, 0, None, None)
    return Summary(row[0], int(row[1]), int(row[2]), half_up(int(row[3]), row[0]), half_up(int(row[4]), row[0]))


def of_session(session: ServiceSession | None) -> PracticeVisit | None:
    """Return the visit that a session belongs to, None for a real buyer's."""
    if session is None:
        return None
    return db.session.scalars(sa.select(PracticeVisit).where(PracticeVisit.session_id == session.id)).one_or_none()


def convinced(shop_id: int, session_ids: Sequence[int]) -> set[int]:
    """Return the simulated people who decided to buy in one of these sessions."""
    rows = db.session.scalars(
        sa.select(ServiceSession.buyer_id)
        .join(PracticeVisit, PracticeVisit.session_id == ServiceSession.id)
        .where(PracticeVisit.shop_id == shop_id, PracticeVisit.ending == Ending.BOUGHT)
        .where(ServiceSession.id.in_(session_ids))
    )
    return set(rows)
