"""Pages of classes and rosters, as clerk, instructor, trainee, supervisor and strangers meet them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from app.accounts.models import Account
from app.core import audit
from app.core.audit import AuditEvent
from app.core.db import db
from app.core.permissions import Role
from app.training import api
from app.training.models import RosterImport, TrainingClass
from tests.factories.rosters import people, person, xlsx
from tests.factories.tables import changed, fingerprint
from tests.factories.training import School, hat, make_class, make_instructor, make_school, make_trainee
from tests.factories.world import make_account, sign_in


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    with app.app_context():
        yield make_school()


@pytest.fixture
def row(school: School) -> TrainingClass:
    return make_class(school)


@pytest.fixture
def clerk(client: FlaskClient, school: School) -> FlaskClient:
    return sign_in(client, school.clerk)


def upload(client: FlaskClient, row: TrainingClass, data: bytes, name: str = "名单.xlsx") -> str:
    """Upload a roster; return where the browser is sent, '' when it stays."""
    form = {"file": (io.BytesIO(data), name)}
    answer = client.post(f"/classes/{row.code}/roster/import", data=form, content_type="multipart/form-data")
    return answer.headers.get("Location", "")


def test_a_clerk_makes_a_class_imports_its_roster_and_hands_out_codes(clerk: FlaskClient, school: School) -> None:
    page = clerk.get("/classes/new")
    key = re.search(r'name="key"[^>]*value="([^"]+)"', page.text)
    assert key is not None
    form = {
        "key": key.group(1), "name": "2026 年第 3 期", "programme": "直播版", "region_code": "440106",
        "start_date": "2026-11-02", "end_date": "2026-12-02",
    }  # fmt: skip
    where = clerk.post("/classes/new", data=form).headers["Location"]
    assert clerk.post("/classes/new", data=form).headers["Location"] == where  # pressed twice, made once
    row = db.session.scalars(sa.select(TrainingClass)).one()
    assert "班里还没有学员" in clerk.get(where).text
    report = upload(clerk, row, xlsx(people(30)))
    assert "导入 30 名学员" in clerk.get(report).text
    assert api.roster(row.scope_id) == []
    clerk.post(f"{report}/commit", data={"rows": "all"})
    assert "已导入 30 名学员，其中 30 个新账号" in clerk.get(report).text
    slips = clerk.post(f"/classes/{row.code}/roster/slips", data={"who": "import", "import": report.split("/")[-1]})
    codes = re.findall(r"data-code>([0-9A-Z-]{17})<", slips.text)
    logins = re.findall(r"data-login>([a-z0-9]+)<", slips.text)
    assert (len(codes), len(set(codes)), len(set(logins))) == (30, 30, 30)
    sealed = re.search(r'name="slips" value="([^"]+)"', slips.text)
    assert sealed is not None
    sheet = clerk.post(f"/classes/{row.code}/roster/slips.xlsx", data={"slips": sealed.group(1)})
    cells = list(load_workbook(io.BytesIO(sheet.data)).active.values)  # type: ignore[union-attr]
    assert cells[0] == ("学号", "姓名", "登录名", "一次性登录码")
    assert [line[3] for line in cells[1:]] == codes
    assert codes[0] not in clerk.get(f"/classes/{row.code}/roster").text
    trainee = clerk.application.test_client()
    password = {"password": "Own-Password-1", "repeat": "Own-Password-1"}
    assert trainee.post("/activate", data={"name": logins[0], "code": codes[0], **password}).status_code == 302
    assert trainee.get(f"/classes/{row.code}/").status_code == 200
    assert trainee.get(f"/classes/{row.code}/roster").status_code == 403
    assert audit.verify(row.scope_id).broken_seq is None


def test_sealed_slips_cannot_be_forged(clerk: FlaskClient, row: TrainingClass) -> None:
    answer = clerk.post(f"/classes/{row.code}/roster/slips.xlsx", data={"slips": "WyJ4Il0.x.y"})
    assert (answer.status_code, "已经过期" in answer.text) == (400, True)


def test_an_unusable_form_keeps_what_was_typed(clerk: FlaskClient) -> None:
    before = fingerprint()
    form = {"key": "k", "name": "<script>班</script>", "programme": "x", "region_code": "110105", "start_date": "明天"}
    page = clerk.post("/classes/new", data=form)
    assert page.status_code == 400
    assert "&lt;script&gt;班&lt;/script&gt;" in page.text
    for sentence in ("请从列表中选择开班地区。", "日期无效", "请选择结束日期。"):
        assert sentence in page.text
    assert changed(before, fingerprint()) == []


def test_the_list_has_search_state_and_only_own_classes(client: FlaskClient, school: School) -> None:
    make_class(school, "春季班")
    make_class(school, "秋季班")
    make_class(make_school(name="外校"), "外校班")
    sign_in(client, school.clerk)
    everything = client.get("/classes/").text
    assert ("春季班" in everything, "秋季班" in everything, "外校班" in everything) == (True, True, False)
    assert "秋季班" not in client.get("/classes/?q=春季").text
    assert "没有符合条件的班级" in client.get("/classes/?q=%25").text
    assert "没有符合条件的班级" in client.get("/classes/?state=archived").text
    assert client.get("/classes/?page=99&state=nonsense").status_code == 200
    supervisor = hat(make_account("监管"), Role.SUPERVISOR, school.region.id)
    other = sign_in(client.application.test_client(), supervisor)
    assert ("春季班" in other.get("/classes/").text, "新建班级" in other.get("/classes/").text) == (True, False)


def test_instructors_come_and_go(clerk: FlaskClient, row: TrainingClass) -> None:
    teacher = make_account("王老师", "teacher01")
    clerk.post(f"/classes/{row.code}/instructors", data={"login": "teacher01"})
    assert "王老师" in clerk.get(f"/classes/{row.code}/").text
    clerk.post(f"/classes/{row.code}/instructors", data={"login": "nobody"})
    assert "没有这个登录名或手机号" in clerk.get(f"/classes/{row.code}/").text
    clerk.post(f"/classes/{row.code}/instructors/{teacher.id}/release")
    assert api.instructors(row.scope_id) == []
    assert clerk.post(f"/classes/{row.code}/instructors/{teacher.id}/release").status_code == 404


def test_the_report_shows_every_row_and_reason_masked(clerk: FlaskClient, row: TrainingClass) -> None:
    rows = [*people(2), ("张三", "4.40106E+17", ""), ("<b>x</b>", person(9)[1], "")]
    report = upload(clerk, row, xlsx(rows))
    page = clerk.get(report).text
    assert "只导入正确的 2 行" in page
    assert "科学计数法" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert person(1)[1] not in page
    assert person(1)[2] not in page
    assert "张三" not in clerk.get(f"{report}?verdict=good").text
    refused = clerk.post(f"{report}/commit", data={"rows": "all"})
    assert (refused.status_code, "还有 2 行有错误" in refused.text) == (409, True)
    clerk.post(f"{report}/commit", data={"rows": "good"})
    assert len(api.roster(row.scope_id)) == 2
    again = clerk.post(f"{report}/commit", data={"rows": "good"})
    assert again.status_code == 409
    clerk.post(f"{report}/undo")
    assert api.roster(row.scope_id) == []


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "a.xlsx", "这个文件是空的"),
        (b"%PDF-1.7", "名单.xlsx", "文件内容不是 .xlsx 或 .csv 表格"),
        (b"x" * (10 * 1024 * 1024 + 1), "big.csv", "文件超过 10 MB"),
        (b"PK\x03\x04broken", "a.xlsx", "文件不完整或已损坏"),
    ],
    ids=["empty", "mistyped", "huge", "damaged"],
)
def test_a_useless_file_is_told_beside_the_field(
    clerk: FlaskClient, row: TrainingClass, data: bytes, name: str, sentence: str
) -> None:
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    answer = clerk.post(
        f"/classes/{row.code}/roster/import",
        data=head + data + b"\r\n--edge--\r\n",
        content_type="multipart/form-data; boundary=edge",
    )
    assert answer.status_code == 400
    assert sentence in answer.text
    assert db.session.scalar(sa.select(sa.func.count(RosterImport.id))) == 0


def test_no_file_chosen(clerk: FlaskClient, row: TrainingClass) -> None:
    answer = clerk.post(f"/classes/{row.code}/roster/import")
    assert (answer.status_code, "请先选择要上传的学员名单文件" in answer.text) == (400, True)


def test_a_long_roster_shows_its_progress_page(clerk: FlaskClient, row: TrainingClass) -> None:
    where = upload(clerk, row, xlsx(people(230)))
    assert where.startswith("/jobs/")
    progress = clerk.get(where, headers={"Accept": "application/json"}).get_json()
    assert (progress["state"], progress["percent"]) == ("done", 100)
    assert "导入 230 名学员" in clerk.get(progress["url"]).text


def test_an_id_number_is_shown_for_a_reason_and_recorded(clerk: FlaskClient, row: TrainingClass) -> None:
    report = upload(clerk, row, xlsx(people(1)))
    clerk.post(f"{report}/commit", data={"rows": "all"})
    entry = api.roster(row.scope_id)[0]
    address = f"/classes/{row.code}/roster/{entry.account_id}/identity"
    assert person(1)[1] not in clerk.get(address).text
    assert clerk.post(address, data={"reason": ""}).status_code == 400
    assert person(1)[1] in clerk.post(address, data={"reason": "核对证书资料"}).text
    looks = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "account.identity_read")).all()
    assert [(look.target, "核对证书资料" in look.data) for look in looks] == [(f"account:{entry.account_id}", True)]
    outsider = make_trainee(make_class(make_school()))
    assert clerk.get(f"/classes/{row.code}/roster/{outsider.person()}/identity").status_code == 404


def test_the_roster_is_exported_with_masked_phones(clerk: FlaskClient, row: TrainingClass) -> None:
    report = upload(clerk, row, xlsx(people(2)))
    clerk.post(f"{report}/commit", data={"rows": "all"})
    answer = clerk.get(f"/classes/{row.code}/roster.xlsx")
    cells = list(load_workbook(io.BytesIO(answer.data)).active.values)  # type: ignore[union-attr]
    assert [line[1] for line in cells] == ["姓名", person(1)[0], person(2)[0]]
    assert cells[1][3] == "138****0001"
    template = clerk.get(f"/classes/{row.code}/roster/import/template.xlsx")
    header = next(iter(load_workbook(io.BytesIO(template.data)).active.values))  # type: ignore[union-attr]
    assert header == ("姓名", "身份证号", "手机号", "性别", "备注")


def test_a_roster_from_the_template_is_understood(clerk: FlaskClient, row: TrainingClass) -> None:
    template = clerk.get(f"/classes/{row.code}/roster/import/template.xlsx").data
    book = load_workbook(io.BytesIO(template))
    book.active.append([*person(1), "女", "班长"])  # type: ignore[union-attr]
    buffer = io.BytesIO()
    book.save(buffer)
    assert "导入 1 名学员" in clerk.get(upload(clerk, row, buffer.getvalue())).text


@pytest.mark.parametrize(
    "path",
    ["", "edit", "roster", "roster.xlsx", "roster/import", "roster/import/template.xlsx", "roster/import/1", "world"],
)
def test_strangers_get_404_and_the_signed_out_the_sign_in(client: FlaskClient, row: TrainingClass, path: str) -> None:
    address = f"/classes/{row.code}/{path}"
    assert client.get(address).headers["Location"].startswith("/login?next=")
    sign_in(client, make_school(name="外校").clerk)
    assert client.get(address).status_code == 404
    assert client.get(f"/classes/no-such-class/{path}").status_code == 404


def test_roles_that_may_not_are_refused_and_nothing_changes(client: FlaskClient, row: TrainingClass) -> None:
    trainee, teacher = make_trainee(row), make_instructor(row)
    for actor in (trainee, teacher):
        browser = sign_in(client.application.test_client(), actor)
        before = fingerprint()
        for path, form in (
            ("edit", {"name": "改名"}),
            ("instructors", {"login": "x"}),
            ("roster/import", {}),
            ("roster/slips", {"who": "new"}),
            (f"roster/{trainee.person()}/withdraw", {}),
        ):
            assert browser.post(f"/classes/{row.code}/{path}", data=form).status_code == 403, path
        assert changed(before, fingerprint()) == []
    assert db.session.scalar(sa.select(sa.func.count(Account.id)).where(Account.password_hash.is_not(None))) == 0


def test_the_roster_page_takes_a_fixed_number_of_queries(clerk: FlaskClient, row: TrainingClass) -> None:
    def count() -> int:
        statements: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
                statements.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        clerk.get(f"/classes/{row.code}/roster")
        sa.event.remove(db.engine, "before_cursor_execute", note)
        return len(statements)

    make_trainee(row)
    few = count()
    for _ in range(8):
        make_trainee(row)
    assert count() == few
    assert few < 25
