"""The people of the demo data: invented names, one account each, one password for all."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import sessions
from app.accounts.hashing import hash_password
from app.accounts.models import Account
from app.accounts.scopes import grant_role
from app.accounts.services.people import create_account
from app.core import audit
from app.core.actor import Actor, system
from app.core.db import db
from app.core.permissions import ROLE_NAMES, Role

TRAINEES = [
    "林晓岚",
    "周子墨",
    "欧阳安然",
    "陈立冬",
    "黄芷晴",
    "阿依努尔·艾力",
    "赵一鸣",
    "孙沛霖",
    "何雨薇",
    "罗家栋",
    "曾秋实",
    "谭晚晴",
    "彭浩然",
    "蒋书瑶",
    "邓卓",
    "司徒朗",
    "袁思齐",
    "许嘉木",
    "沈南枝",
    "吴念",
    "马腾远",
    "朱可盈",
    "田小满",
    "向青禾",
    "龙云舒",
    "石牧野",
    "秦若谷",
    "尹星河",
    "唐䶮",
    "贺知微",
]
GRADUATES = ["叶知秋", "方小雨", "宋天佑", "白露", "顾远山", "梅若兰", "简宁", "骆晨"]
STAFF: tuple[tuple[str, str, Role], ...] = (
    ("instructor01", "方敏之", Role.INSTRUCTOR),
    ("instructor02", "程望舒", Role.INSTRUCTOR),
    ("assessor01", "苏文清", Role.ASSESSOR),
    ("assessor02", "韩立夏", Role.ASSESSOR),
    ("assessor03", "邱致远", Role.ASSESSOR),
    ("orgadmin", "梁素心", Role.INSTITUTION_ADMIN),
    ("district", "夏正阳", Role.DISTRICT),
    ("centre", "冯远亭", Role.CENTRE),
    ("supervisor", "严明理", Role.SUPERVISOR),
    ("sysadmin", "江平川", Role.SYSADMIN),
)
HIDDEN_STAFF = (("instructor03", "钟毓华"),)  # taught the earlier class


def shown_accounts() -> list[tuple[str, str]]:
    """Return (login, role in Chinese) of the accounts that the sign-in page offers."""
    trainees = [(f"trainee{number:02d}", ROLE_NAMES[Role.TRAINEE]) for number in range(1, len(TRAINEES) + 1)]
    return trainees + [(login, ROLE_NAMES[role]) for login, _, role in STAFF]


@dataclass(slots=True)
class People:
    """Makes demo accounts. All share one password; its hash is computed once."""

    password: str
    _hash: str = ""

    def prepare(self) -> None:
        """Compute the hash; outside a unit of work, for it takes a tenth of a second."""
        self._hash = hash_password(self.password)

    def make(self, login: str, name: str) -> Account:
        """Create the account inside the open unit of work."""
        account = create_account(system(), name=name, login=login, is_demo=True)
        account.password_hash = self._hash
        return account

    def give_hat(self, account: Account, role: Role, scope_id: int | None) -> Actor:
        """Give the person a hat and return them wearing it; inside the open unit of work."""
        grant = grant_role(account.id, role, scope_id)
        data = {"role": role, "scope": scope_id}
        audit.record(system(), "account.role_granted", f"account:{account.id}", data, scope_id=scope_id)
        return sessions.make_actor(account, grant)


def sign_in_once(actor: Actor) -> None:
    """Let the person have signed in, on a device that has ended since; inside the open unit of work."""
    account = db.session.get_one(Account, actor.person())
    sessions.open_device(account, "演示浏览器", "127.0.0.1")
    audit.record(actor, "account.signed_in", f"account:{account.id}", {"address": "127.0.0.1"})
    for device in sessions.devices(account.id):
        sessions.end_device(actor, device.id)


def only_demo_people() -> bool:
    """Say whether every account of the database is a demo account."""
    return (
        db.session.scalar(
            sa.select(sa.func.count(Account.id)).where(Account.is_demo.is_(False), Account.is_simulated.is_(False))
        )
        == 0
    )
