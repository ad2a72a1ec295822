"""Roster import: the dry run, decisions, taking in, taking back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.access import find_by_id_number
from app.accounts.domain.id_number import LOST_AS_NUMBER, LOST_TO_NOTATION, LOST_TO_ZEROS
from app.accounts.models import Account, Grant, OneTimeCode
from app.accounts.services import sign_in
from app.core import audit
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.jobs import Job, JobState
from app.core.uow import unit_of_work
from app.ledger.book import balance, prove, wallet
from app.training import api
from app.training.models import Enrolment, ImportStatus, RosterImport, RosterRow, TrainingClass, Verdict
from app.training.services import enrolment, roster_check, roster_commit
from tests.factories.accounts import id_number
from tests.factories.rosters import HEADER, csv_file, people, person, xlsx
from tests.factories.tables import changed, fingerprint
from tests.factories.training import School, make_class, make_school, make_trainee

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def school(app_context: object) -> School:
    return make_school()


@pytest.fixture
def row(school: School) -> TrainingClass:
    return make_class(school)


def check(school: School, row: TrainingClass, data: bytes, name: str = "名单.xlsx") -> RosterImport:
    upload, _ = roster_check.start_import(school.clerk, row.code, data, name)
    return upload


def report(upload: RosterImport) -> list[tuple[int, str, str, list[str]]]:
    rows = db.session.scalars(roster_check.rows_query(upload.id))
    return [(one.row_number, one.name, str(one.verdict), one.problems) for one in rows]


def commit(school: School, row: TrainingClass, upload: RosterImport, *, only_good: bool = False) -> None:
    with unit_of_work():
        roster_commit.commit_import(school.clerk, row.code, upload.id, only_good=only_good)


@pytest.mark.parametrize(
    "data",
    [
        xlsx(people(3)),
        csv_file(people(3)).encode(),
        csv_file(people(3)).encode("utf-8-sig"),
        csv_file(people(3)).encode("gb18030"),
        csv_file(people(3)).encode("utf-16"),
        csv_file(people(3), delimiter=";").encode(),
        csv_file(people(3), delimiter="\t").encode("gb18030"),
        ("sep=;\r\n" + csv_file(people(3), delimiter=";")).encode("utf-8-sig"),
        xlsx([HEADER, *people(3)], header=("2026 年第 3 期学员名单", "", "")),
    ],
    ids=["xlsx", "utf8", "bom", "gb18030", "utf16", "semicolon", "tab", "sep", "title"],
)
def test_every_kind_of_file_gives_the_same_people(school: School, row: TrainingClass, data: bytes) -> None:
    upload = check(school, row, data)
    assert [(name, verdict, problems) for _, name, verdict, problems in report(upload)] == [
        (person(n)[0], "good", []) for n in (1, 2, 3)
    ]
    assert upload.status is ImportStatus.CHECKED
    assert db.session.scalar(sa.select(sa.func.count(Enrolment.id))) == 0


def test_a_dry_run_changes_nothing_but_the_import(school: School, row: TrainingClass) -> None:
    before = fingerprint()
    check(school, row, xlsx(people(5)))
    assert changed(before, fingerprint()) == [
        "core_audit_event", "core_audit_head", "training_roster_import", "training_roster_row",
    ]  # fmt: skip


def test_people_are_taken_in_with_account_number_hat_capital(school: School, row: TrainingClass) -> None:
    names = ["阿依古丽·买买提", "𡃁伟", "䶮龑", "𠮷野", "欧阳娜娜", "司马相如"]
    rows = [(name, id_number(10 + n), f"1390000000{n}") for n, name in enumerate(names)]
    upload = check(school, row, xlsx(rows))
    commit(school, row, upload)
    entries = api.roster(row.scope_id)
    assert [entry.name for entry in entries] == names
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert entries[4].login == "ouyangnana01"
    assert len({entry.login for entry in entries}) == 6
    account = find_by_id_number(rows[1][1])
    assert account is not None
    assert (account.name, account.phone, account.birthday) == ("𡃁伟", "13900000001", "1998-03-14")
    assert account.id_number_encrypted is not None
    assert rows[1][1].encode() not in account.id_number_encrypted
    assert balance(row.world_id, wallet(account.id)) == 10_000_000
    assert prove(row.world_id).sound
    assert upload.content is None
    assert set(db.session.scalars(sa.select(RosterRow.payload))) == {b""}
    assert audit.verify(row.scope_id).broken_seq is None


def test_thirty_rows_of_namesakes_get_logins_of_their_own(school: School, row: TrainingClass) -> None:
    commit(school, row, check(school, row, xlsx([("张伟", id_number(n), "") for n in range(1, 31)])))
    assert [entry.login for entry in api.roster(row.scope_id)] == [f"zhangwei{n:02d}" for n in range(1, 31)]


def test_numbers_that_a_spreadsheet_damaged_are_named_as_such(school: School, row: TrainingClass) -> None:
    whole = id_number(21)
    data = xlsx(
        [
            ("甲某", "4.40106E+17", ""),
            ("乙某", whole[:15] + "000" if whole[15:] != "000" else "440106199803140000", ""),
            ("丙某", 440106199803140211, ""),
            ("丁某", 4.40106199803140e17, ""),
            ("戊某", whole, ""),
        ]
    )
    assert [(verdict, problems) for _, _, verdict, problems in report(check(school, row, data))] == [
        ("bad", [LOST_TO_NOTATION]),
        ("bad", [LOST_TO_ZEROS]),
        ("bad", [LOST_AS_NUMBER]),
        ("bad", [LOST_AS_NUMBER]),
        ("good", []),
    ]


def test_each_wrong_cell_has_its_sentence(school: School, row: TrainingClass) -> None:
    good = id_number(31)
    wrong_check = good[:17] + ("1" if good[17] != "1" else "2")
    data = csv_file(
        [
            ("", good, ""),
            ("甲某", "", ""),
            ("乙某", good[:17], ""),
            ("丙某", wrong_check, ""),
            ("丁某", "99" + good[2:], ""),
            ("戊某", good[:10] + "1332" + good[14:], ""),
            ("己<b>", id_number(32), ""),
            ("庚某", id_number(33), "123"),
            ("辛某", id_number(34), "+86 138-1234-5678"),
        ]
    ).encode()
    assert [(name, problems) for _, name, _, problems in report(check(school, row, data, "a.csv"))] == [
        ("", ["没有填写姓名。"]),
        ("甲某", ["没有填写身份证号。"]),
        ("乙某", ["身份证号应为 18 位，现在是 17 位。"]),
        ("丙某", ["身份证号的校验位不对，很可能有一位写错了，请逐位核对。"]),
        ("丁某", ["身份证号开头的地区代码 99 不存在，请核对前两位。"]),
        ("戊某", ["身份证号里的出生日期 1998-13-32 不存在，请核对第 7 到 14 位。"]),
        ("己<b>", ["姓名里有不能使用的字符“<”，请核对。"]),
        ("庚某", ["手机号应为 11 位数字，以 1 开头。"]),
        ("辛某", []),
    ]


def test_duplicates_inside_the_file_name_both_rows(school: School, row: TrainingClass) -> None:
    same, clash = id_number(41), id_number(42)
    data = xlsx(
        [("甲某", same, ""), ("甲某", same, ""), ("乙某", clash, ""), ("丙某", clash, ""),
         ("丁某", id_number(43), "13812345678"), ("戊某", id_number(44), "13812345678")]
    )  # fmt: skip
    upload = check(school, row, data)
    assert report(upload) == [
        (2, "甲某", "good", ["第 2、3 行是同一个人，只导入第 2 行。"]),
        (3, "甲某", "skipped", ["与第 2 行是同一个人（第 2、3 行），这一行跳过。"]),
        (4, "乙某", "bad", ["第 4、5 行的身份证号相同、姓名不同，请核对是哪一个。"]),
        (5, "丙某", "bad", ["第 4、5 行的身份证号相同、姓名不同，请核对是哪一个。"]),
        (6, "丁某", "bad", ["第 6、7 行的手机号相同；手机号用于登录，每人一个，请改正或留空。"]),
        (7, "戊某", "bad", ["第 6、7 行的手机号相同；手机号用于登录，每人一个，请改正或留空。"]),
    ]
    with pytest.raises(Refused, match="还有 4 行有错误"):
        commit(school, row, upload)
    assert api.roster(row.scope_id) == []
    commit(school, row, upload, only_good=True)
    assert [entry.name for entry in api.roster(row.scope_id)] == ["甲某"]


def test_people_in_running_classes_wait_for_a_decision(school: School, row: TrainingClass) -> None:
    other = make_class(school, "早班")
    strangers = make_class(make_school(name="别的学校"), "外校班")
    commit(school, other, check(school, other, xlsx(people(2))))
    clerk = School(school.region, strangers.institution, make_school().clerk)
    assert clerk.clerk.scope_id != school.clerk.scope_id
    before = db.session.scalar(sa.select(sa.func.count(Account.id)))
    upload = check(school, row, xlsx(people(3)))
    asked = "这个人正在“早班”学习，请决定是否仍然加入本班。"
    assert [(verdict, problems) for _, _, verdict, problems in report(upload)] == [
        ("ask", [asked]), ("ask", [asked]), ("good", []),
    ]  # fmt: skip
    first = db.session.scalars(roster_check.rows_query(upload.id)).first()
    assert first is not None
    with unit_of_work():
        assert roster_check.decide(school.clerk, row.code, upload.id, take=True, row_ids={first.id}) == 1
    commit(school, row, upload)
    assert [entry.name for entry in api.roster(row.scope_id)] == [person(1)[0], person(3)[0]]
    assert db.session.scalar(sa.select(sa.func.count(Account.id))) == (before or 0) + 1
    assert {entry.account_id for entry in api.roster(other.scope_id)} & {
        entry.account_id for entry in api.roster(row.scope_id)
    } == {api.roster(other.scope_id)[0].account_id}


def test_a_known_person_under_another_name_is_refused(school: School, row: TrainingClass) -> None:
    other = make_class(school, "早班")
    commit(school, other, check(school, other, xlsx(people(1))))
    upload = check(school, row, xlsx([("别的名字", person(1)[1], "")]))
    assert report(upload) == [(2, "别的名字", "bad", ["身份证号已登记在另一个姓名下，请核对姓名和身份证号。"])]


def test_importing_twice_takes_nobody_in_twice(school: School, row: TrainingClass) -> None:
    commit(school, row, check(school, row, xlsx(people(3))))
    again = check(school, row, xlsx(people(3)))
    assert {verdict for _, _, verdict, _ in report(again)} == {"skipped"}
    with pytest.raises(Refused):
        commit(school, row, again)
    assert len(api.roster(row.scope_id)) == 3


def test_a_stale_report_takes_nobody_in_twice(school: School, row: TrainingClass) -> None:
    first, second = check(school, row, xlsx(people(2))), check(school, row, xlsx(people(3)))
    commit(school, row, first)
    commit(school, row, second)
    assert [entry.number for entry in api.roster(row.scope_id)] == [1, 2, 3]
    assert [verdict for _, _, verdict, _ in report(second)] == ["skipped", "skipped", "good"]


def test_committing_twice_is_refused(school: School, row: TrainingClass) -> None:
    upload = check(school, row, xlsx(people(2)))
    commit(school, row, upload)
    with pytest.raises(Refused):
        commit(school, row, upload)
    assert len(api.roster(row.scope_id)) == 2


def test_undo_takes_everything_back_and_the_roster_may_come_again(school: School, row: TrainingClass) -> None:
    other = make_class(school, "早班")
    commit(school, other, check(school, other, xlsx(people(1))))
    before = fingerprint()
    upload = check(school, row, xlsx(people(3)))
    with unit_of_work():
        roster_check.decide(school.clerk, row.code, upload.id, take=True)
    commit(school, row, upload)
    with unit_of_work():
        enrolment.issue_slips(school.clerk, row.code)
    with unit_of_work():
        roster_commit.undo_import(school.clerk, row.code, upload.id)
    assert upload.status is ImportStatus.UNDONE
    assert api.roster(row.scope_id) == []
    assert len(api.roster(other.scope_id)) == 1
    codes = set(db.session.scalars(sa.select(OneTimeCode.account_id)))
    linked = api.roster(other.scope_id)[0].account_id
    assert codes == {linked}  # the person known before keeps account, code and an ended hat
    assert {
        grant.ended_at is None
        for grant in db.session.scalars(
            sa.select(Grant).where(Grant.account_id == linked, Grant.scope_id == row.scope_id)
        )
    } == {False}
    assert changed(before, fingerprint()) == [
        "accounts_grant", "accounts_one_time_code", "core_audit_event", "core_audit_head", "ledger_account",
        "ledger_entry", "ledger_transaction", "training_roster_import", "training_roster_row",
    ]  # fmt: skip
    assert prove(row.world_id).sound
    commit(school, row, check(school, row, xlsx(people(3)[1:])))
    assert len(api.roster(row.scope_id)) == 2


def test_undo_ends_with_the_first_sign_in(school: School, row: TrainingClass) -> None:
    upload = check(school, row, xlsx(people(2)))
    commit(school, row, upload)
    with unit_of_work():
        slip = enrolment.issue_slips(school.clerk, row.code)[0]
    sign_in.activate(slip.login, slip.code, "Own-Password-1", browser="", address="")
    with pytest.raises(Refused, match="已有 1 名学员登录过"), unit_of_work():
        roster_commit.undo_import(school.clerk, row.code, upload.id)
    assert len(api.roster(row.scope_id)) == 2
    assert upload.status is ImportStatus.COMMITTED


def test_a_long_roster_is_checked_taken_in_and_taken_back_by_jobs(school: School, row: TrainingClass) -> None:
    upload, job = roster_check.start_import(school.clerk, row.code, xlsx(people(240)), "长名单.xlsx")
    assert job is not None
    counts = roster_check.counts(upload.id)
    assert (counts["good"], counts["total"], upload.status) == (240, 240, ImportStatus.CHECKED)
    with unit_of_work():
        assert roster_commit.commit_import(school.clerk, row.code, upload.id, only_good=False) is not None
    assert len(api.roster(row.scope_id)) == 240
    with unit_of_work():
        assert roster_commit.undo_import(school.clerk, row.code, upload.id) is not None
    assert api.roster(row.scope_id) == []
    states = db.session.execute(sa.select(Job.kind, Job.status).order_by(Job.id)).all()
    assert [tuple(one) for one in states] == [
        ("training.roster_check", JobState.DONE),
        ("training.roster_commit", JobState.DONE),
        ("training.roster_undo", JobState.DONE),
    ]
    assert prove(row.world_id).sound


def test_a_commit_that_was_cut_off_goes_on_where_it_stood(school: School, row: TrainingClass) -> None:
    from app.core.jobs import Progress

    upload = check(school, row, xlsx(people(6)))
    with unit_of_work():
        upload.status = ImportStatus.COMMITTING
        lines = roster_commit._waiting(upload.id, 4)
        names = roster_commit.LoginNames()
        for line in lines:
            roster_commit._take_in(school.clerk, row, line, names)
    roster_commit.run_commit(school.clerk, row.code, upload.id, Progress(0))
    assert [entry.number for entry in api.roster(row.scope_id)] == [1, 2, 3, 4, 5, 6]
    assert upload.status is ImportStatus.COMMITTED


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "这个文件是空的"),
        (b"  \n ", "这个文件是空的"),
        (xlsx(people(3))[:-200], "文件不完整或已损坏"),
        (b"%PDF-1.7 nothing", "文件内容不是 .xlsx 或 .csv"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "文件内容不是 .xlsx 或 .csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "旧的 .xls 文件或加了密码"),
        ("姓名,身份证号\n".encode(), "只有表头，没有学员"),
        (csv_file(people(2)).encode() + "张".encode()[:2], "末尾被截断"),
        ('姓名,身份证号\n"张三,440106\n'.encode(), "引号没有成对"),
        ("随便写的一句话".encode(), "没有找到表头"),
        (csv_file([["x"] * 60], header=["列"] * 60).encode(), "超过 50 列"),
        (("姓名,身份证号\n" + "张三,1\n" * 20_001).encode(), "超过 20,000 行"),
    ],
    ids=["empty", "blank", "truncated", "pdf", "png", "xls", "header", "cut", "quote", "prose", "wide", "long"],
)
def test_a_useless_file_gets_one_sentence_and_leaves_nothing(
    school: School, row: TrainingClass, data: bytes, sentence: str
) -> None:
    if len(data) > 100_000:  # long files are read by the job, which tells it on its page
        _, job = roster_check.start_import(school.clerk, row.code, data, "名单.csv")
        assert job is not None
        assert db.session.get_one(Job, job.id).status is JobState.FAILED
        assert sentence in db.session.get_one(Job, job.id).message
        return
    with pytest.raises(InvalidInput, match=sentence):
        roster_check.start_import(school.clerk, row.code, data, "名单.xlsx")
    assert db.session.scalar(sa.select(sa.func.count(RosterImport.id))) == 0


def test_a_spreadsheet_bomb_is_refused_before_it_unpacks(school: School, row: TrainingClass) -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (90 * 1024 * 1024))
    with pytest.raises(InvalidInput, match="展开后太大"):
        roster_check.start_import(school.clerk, row.code, buffer.getvalue(), "bomb.xlsx")


def test_unknown_headers_are_mapped_by_hand(school: School, row: TrainingClass) -> None:
    data = xlsx([("1", *person(1))], header=("序", "人", "号", "机"))
    upload = check(school, row, data)
    assert upload.status is ImportStatus.UPLOADED
    assert upload.columns == ["序", "人", "号", "机"]
    with pytest.raises(InvalidInput, match="请指定哪一列是身份证号"):
        roster_check.set_mapping(school.clerk, row.code, upload.id, {"name": 1})
    with pytest.raises(InvalidInput, match="同一列"):
        roster_check.set_mapping(school.clerk, row.code, upload.id, {"name": 1, "id_number": 1})
    roster_check.set_mapping(school.clerk, row.code, upload.id, {"name": 1, "id_number": 2, "phone": 3})
    assert report(upload) == [(2, person(1)[0], "good", [])]


def test_an_import_belongs_to_its_class_and_institution(school: School, row: TrainingClass) -> None:
    upload = check(school, row, xlsx(people(1)))
    other, stranger = make_class(school), make_school().clerk
    for clerk, code in ((school.clerk, other.code), (stranger, row.code)):
        with pytest.raises(NotFound), unit_of_work():
            roster_commit.commit_import(clerk, code, upload.id, only_good=True)
    assert upload.status is ImportStatus.CHECKED


def test_codes_sign_in_once_and_a_new_one_ends_the_old(school: School, row: TrainingClass) -> None:
    commit(school, row, check(school, row, xlsx(people(1))))
    with unit_of_work():
        old = enrolment.issue_slips(school.clerk, row.code)[0]
    with unit_of_work():
        new = enrolment.issue_slips(school.clerk, row.code)[0]
    for wrong in (old.code, "AAAAA-AAAAA-AAAAA"):
        with pytest.raises(InvalidInput):
            sign_in.activate(new.login, wrong, "Own-Password-1", browser="", address="")
    sign_in.activate(new.login, new.code.lower().replace("-", " "), "Own-Password-1", browser="", address="")
    with pytest.raises(InvalidInput, match="已经用过"):
        sign_in.activate(new.login, new.code, "Own-Password-2", browser="", address="")
    with pytest.raises(Refused, match="所有人都已经登录过"), unit_of_work():
        enrolment.issue_slips(school.clerk, row.code)


def test_a_clerk_cannot_reset_somebody_who_works_elsewhere(school: School, row: TrainingClass) -> None:
    from app.accounts.scopes import grant_role
    from app.core.permissions import Role

    trainee = make_trainee(row)
    with unit_of_work():
        grant_role(trainee.person(), Role.CENTRE, make_school().region.id)
    with pytest.raises(Refused, match="只能由系统管理员重置"), unit_of_work():
        enrolment.issue_slips(school.clerk, row.code, {trainee.person()})
    assert db.session.scalar(sa.select(sa.func.count(OneTimeCode.id))) == 0
    assert db.session.scalar(sa.select(sa.func.count(Grant.id)).where(Grant.account_id == trainee.person())) == 2


def test_verdicts_have_names_on_the_page() -> None:
    from app.training.views.imports import TONES, VERDICT_NAMES

    assert set(VERDICT_NAMES) == set(TONES) == set(Verdict)
