"""ID numbers at rest: encrypted, found by digest, rotated; commands of the account store."""

from __future__ import annotations

import base64
import dataclasses
import json

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts import field_keys
from app.accounts.access import find_by_id_number
from app.accounts.divisions import load_divisions
from app.accounts.domain.id_number import parse_id_number
from app.accounts.models import Account, Division
from app.accounts.scopes import simulated_people
from app.accounts.services import administration, codes, people
from app.core import audit, clock
from app.core.actor import system
from app.core.db import db
from app.core.errors import Forbidden, InvalidInput, NotFound, NotReady, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.dashboards.services import home
from app.training.services.roster_check import start_import
from tests.factories.accounts import id_number
from tests.factories.rosters import people as roster_people
from tests.factories.rosters import xlsx
from tests.factories.tables import changed, fingerprint
from tests.factories.training import hat, make_class, make_school, make_trainee
from tests.factories.world import make_account


def key(letter: str) -> bytes:
    return base64.urlsafe_b64encode(letter.encode() * 32)


def use_keys(app: Flask, *keys: bytes) -> None:
    """Start again with this key ring."""
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], field_keys=keys)
    app.extensions.pop("field_ring", None)


def add(name: str, number: str) -> Account:
    parsed = parse_id_number(number, clock.local(clock.now()).date())
    with unit_of_work():
        return people.create_account(system(), name=name, id_number=parsed)


def test_an_id_number_is_encrypted_and_found_by_its_digest(app_context: Flask) -> None:
    number = id_number(1)
    account = add("张三", number)
    assert account.id_number_encrypted is not None
    assert number.encode() not in account.id_number_encrypted
    assert account.id_number_digest not in (None, number)
    found = find_by_id_number(number)
    assert found is not None
    assert found.id == account.id
    assert find_by_id_number(id_number(2)) is None
    assert people.masked_id_number(account) == f"{number[:3]}***********{number[-4:]}"
    assert people.identity_of({account.id, 999}) == {account.id: number}
    with pytest.raises(Refused, match="已经登记在另一个账号下"):
        add("李四", number)


def test_keys_are_rotated_and_the_old_one_may_go(app_context: Flask) -> None:
    app = app_context
    use_keys(app, key("a"))
    number = id_number(1)
    account = add("张三", number)
    school = make_school()
    upload, _ = start_import(school.clerk, make_class(school).code, xlsx(roster_people(2)), "a.xlsx")
    use_keys(app, key("b"), key("a"))
    assert find_by_id_number(number) is not None  # between the new key and the rotation nothing is lost
    answer = app.test_cli_runner().invoke(args=["accounts", "rotate-keys"])
    assert json.loads(answer.stdout)["rewritten"] == {"accounts": 1, "rosters": 3, "platform_secrets": 0}
    use_keys(app, key("b"))
    db.session.expire_all()
    assert people.identity_of({account.id}) == {account.id: number}
    assert find_by_id_number(number) is not None
    assert upload.content is not None
    assert field_keys.decrypt_bytes(upload.content).startswith(b"PK")
    use_keys(app, key("c"))
    with pytest.raises(NotReady, match="FIELD_KEYS"):
        people.identity_of({account.id})


def test_a_look_needs_the_permission_the_scope_and_a_reason(app_context: Flask) -> None:
    school, other = make_school(), make_school()
    row = make_class(school)
    trainee = make_trainee(row)
    with unit_of_work():
        account = db.session.get_one(Account, trainee.person())
        people._put_id_number(account, parse_id_number(id_number(5), clock.now().date()))
    before = fingerprint()
    for actor, reason, error in (
        (hat(make_account(), Role.SUPERVISOR, school.region.id), "核对", Forbidden),
        (trainee, "核对", Forbidden),
        (other.clerk, "核对", NotFound),
        (school.clerk, " ", InvalidInput),
    ):
        with pytest.raises(error), unit_of_work():
            people.read_identity(actor, trainee.person(), reason)
    assert set(changed(before, fingerprint())) <= {"accounts_account", "accounts_grant"}
    with unit_of_work():
        assert people.read_identity(school.clerk, trainee.person(), "核对证书") == id_number(5)
    newest = audit.latest(school.institution.scope_id, 1)[0]
    assert (newest.action, json.loads(newest.data)) == ("account.identity_read", {"reason": "核对证书"})


def test_divisions_are_loaded_once_and_brought_up_to_date(app_context: Flask) -> None:
    assert (load_divisions(), load_divisions()) == (3351, 0)
    with unit_of_work():
        db.session.execute(sa.update(Division).where(Division.code == "440106").values(name="旧名"))
    assert load_divisions() == 1
    assert db.session.get_one(Division, "440106").name == "天河区"


def test_commands_make_the_first_people(app_context: Flask) -> None:
    runner = app_context.test_cli_runner()
    assert runner.invoke(args=["accounts", "create-region", "R44", "广东省"]).exit_code == 0
    made = runner.invoke(args=["accounts", "create", "boss", "张三", "--role", "sysadmin"])
    assert (made.exit_code, len(json.loads(made.stdout)["code"])) == (0, 17)
    again = runner.invoke(args=["accounts", "create", "boss", "张三", "--role", "supervisor", "--scope", "R44"])
    assert (again.exit_code, json.loads(again.stdout)["code"]) == (0, None)
    school = runner.invoke(
        args=[
            "training",
            "create-institution",
            "GZ1",
            "示范学校",
            "--region",
            "440106",
            "--parent",
            "R44",
            "--clerk",
            "boss",
        ]
    )
    assert (school.exit_code, json.loads(school.stdout)["clerk"]) == (0, "boss")
    for arguments, code in (
        (["accounts", "create", "x", "张三", "--role", "sysadmin"], 2),
        (["accounts", "create", "lisi", "李四", "--role", "supervisor"], 2),
        (["accounts", "create", "lisi", "李四", "--role", "supervisor", "--scope", "nowhere"], 2),
        (["accounts", "create-region", "R44", "广东省"], 2),
        (["training", "create-institution", "GZ1", "示范学校", "--region", "440106"], 4),
        (["training", "create-institution", "GZ2", "示范学校", "--region", "1"], 2),
    ):
        assert runner.invoke(args=arguments).exit_code == code, arguments
    assert db.session.scalar(sa.select(sa.func.count(Account.id))) == 1


def test_simulated_people_are_nobodys_account(app_context: Flask) -> None:
    admin = hat(make_account(), Role.SYSADMIN, None)
    with unit_of_work():
        made = simulated_people(["模拟甲", "模拟乙"])
    with unit_of_work():
        assert simulated_people(["模拟甲", "模拟乙"]) == made
    assert [one.id for one in db.session.scalars(administration.people_query(admin))] == [admin.account_id]
    progress = home.progress(admin)
    assert progress is not None
    assert progress.facts[0].text == "1"
    with pytest.raises(NotFound), unit_of_work():
        codes.issue_code(admin, made[0])
    with pytest.raises(NotFound), unit_of_work():
        administration.set_disabled(admin, made[0], disabled=True)
    with pytest.raises(InvalidInput), unit_of_work():
        people.create_account(system(), name="张三", login="simulated:01")
