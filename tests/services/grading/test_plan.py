"""Plan: versions, two tabs, completion, PDF."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock, files
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.jobs import Job
from app.core.uow import unit_of_work
from grading.domain.plan_content import PlanContent
from grading.models.plan import PlanPrint, PlanVersion
from grading.services import plans
from grading.services.printing import Cover, render_pdf
from tests.factories.grading import make_stage, plan_content, write_plan
from tests.factories.tables import changed, fingerprint
from tests.services.grading.test_plan_desk import FIGURES


def test_every_save_is_a_version_and_the_same_text_makes_none(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    assert write_plan(trainee) == 1
    assert write_plan(trainee, plan_content("第二版")) == 2
    before = fingerprint()
    assert write_plan(trainee, plan_content("第二版")) == 2
    assert changed(before, fingerprint()) == []
    state = plans.read_plan(trainee)
    assert (state.version, state.content.title) == (2, "第二版")
    assert [row.version for row in state.history] == [2, 1]
    assert plans.read_version(trainee, 1)[1].title == "山货小店"


def test_a_stale_version_overwrites_nothing(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    write_plan(trainee)
    write_plan(trainee, plan_content("新窗口"))
    before = fingerprint()
    with pytest.raises(Conflict) as refusal, unit_of_work():
        plans.save_plan(trainee, plan_content("旧窗口"), 1)
    assert refusal.value.code == "stale_plan"
    with pytest.raises(Conflict), unit_of_work():
        plans.save_plan(trainee, plan_content("没见过的"), 0)
    assert changed(before, fingerprint()) == []


def test_completion_names_what_is_missing_and_ends_with_a_change(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    with pytest.raises(Refused), unit_of_work():
        plans.complete_plan(trainee, 0)
    write_plan(trainee, PlanContent("只有标题"))
    before = fingerprint()
    with pytest.raises(InvalidInput) as refusal, unit_of_work():
        plans.complete_plan(trainee, 1)
    assert len(refusal.value.issues) == 14
    assert changed(before, fingerprint()) == []
    write_plan(trainee, complete=True)
    assert plans.read_plan(trainee).complete
    write_plan(trainee, plan_content("又改了"))
    assert not plans.read_plan(trainee).complete


def test_other_people_have_no_such_version(app_context: Flask) -> None:
    one, two = make_stage(trainees=2).trainees
    write_plan(one)
    with pytest.raises(NotFound):
        plans.read_version(two, 1)


def test_an_edited_version_is_refused(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    write_plan(trainee)
    with unit_of_work():
        row = db.session.scalars(sa.select(PlanVersion)).one()
        row.content = row.content.replace("山货", "海货")
    with pytest.raises(Refused) as refusal:
        plans.read_plan(trainee)
    assert refusal.value.code == "snapshot_changed"


def test_printing_makes_one_job_per_version_and_completeness(app_context: Flask) -> None:
    trainee, other = make_stage(trainees=2).trainees
    with pytest.raises(Refused, match="空的"), unit_of_work():
        plans.print_plan(trainee)
    write_plan(trainee)
    with unit_of_work():
        first = plans.print_plan(trainee)
    with unit_of_work():
        assert plans.print_plan(trainee) == first
    stored = plans.printed_file(trainee)
    assert stored is not None
    assert files.read(stored).startswith(b"%PDF-")
    with pytest.raises(NotFound):  # the file belongs to its owner
        files.find(other, stored.public_name)
    with unit_of_work():
        plans.complete_plan(trainee, 1)
    assert plans.printed_file(trainee) is None
    with unit_of_work():
        plans.print_plan(trainee)
    db.session.expire_all()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 2
    hashes = db.session.scalars(sa.select(PlanPrint.sha256)).all()
    assert len(set(hashes)) == 2


def _cover(*, complete: bool) -> Cover:
    return Cover(
        "欧阳𠮷", "网创一班", "示范培训学校", 3, clock.now().replace(2026, 11, 20, 6, 5, 0, 0), "ab" * 32, complete
    )


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.mark.sqlite_only
def test_pdf_has_text_pages_embedded_fonts_and_no_traces(app_context: Flask, tmp_path: Path) -> None:
    long = "".join(f"第{n}句：𡃁、䶮、𠮷这些字也要印出来，全角标点（“”《》）不能丢。" for n in range(24))
    content = plan_content(extra=long)
    data = render_pdf(content, _cover(complete=False))
    assert data == render_pdf(content, _cover(complete=False))
    path = tmp_path / "plan.pdf"
    path.write_bytes(data)
    pages = _run("pdftotext", "-layout", str(path), "-").split("\f")[:-1]
    assert len(pages) >= 10
    assert "欧阳𠮷" in pages[0]
    assert "网创一班" in pages[0]
    assert "未完成" in pages[0]
    assert f"共 {len(pages)} 页" in pages[1]
    where = re.search(r"八、销售收入预测（12 个月）[ .]+(\d+)", pages[1])
    assert where is not None
    assert "八、销售收入预测（12 个月）" in pages[int(where.group(1)) - 1]
    whole = "\n".join(pages)
    assert "𡃁、䶮、𠮷" in whole
    assert "网络创业规划书 · 山货小店" in pages[5]
    assert "第 3 版（未完成） · abababababab" in pages[5]
    assert "29.90" in whole
    for number in (1, 2, 3):
        page = next(page for page in pages if f"表 {number} " in page)
        assert "售价" in page if number == 1 else "毛利合计" in page
    fonts = [line.split() for line in _run("pdffonts", str(path)).splitlines()[2:]]
    assert fonts
    assert {tuple(line[-5:-2]) for line in fonts} == {("yes", "yes", "yes")}
    info = _run("pdfinfo", str(path))
    for word in ("Author", "Creator", "Producer", "CreationDate"):
        assert word not in info


@pytest.mark.sqlite_only
def test_text_of_a_person_loads_nothing_and_stays_text(app_context: Flask, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("不该出现的内容")
    hostile = f'<img src="file://{secret}"><link rel="attachment" href="file://{secret}"><script>alert(1)</script>'
    content = dataclasses.replace(plan_content(), title=hostile[:60], sections={"overview": hostile * 3})
    path = tmp_path / "plan.pdf"
    path.write_bytes(render_pdf(content, _cover(complete=True)))
    text = _run("pdftotext", str(path), "-")
    assert "不该出现的内容" not in text
    assert "<script>" in text.replace("\n", "")


@pytest.mark.sqlite_only
def test_pdf_is_an_archive_file_with_tags_tables_and_a_code(app_context: Flask, tmp_path: Path) -> None:
    """PDF/A-3a as far as can be seen without an external validator; the blind layout names nobody."""
    content = replace(plan_content(extra="生僻字：䶮𡃁"), figures=FIGURES)
    cover = replace(_cover(complete=True), address="https://example.test/verify/plan/" + "a" * 64)
    data = render_pdf(content, cover)
    path = tmp_path / "plan.pdf"
    path.write_bytes(data)
    with pikepdf.open(path) as pdf:
        root = pdf.Root
        intent = root.OutputIntents[0]
        assert str(intent.S) == "/GTS_PDFA1"
        assert len(intent.DestOutputProfile.read_bytes()) > 500
        meta = root.Metadata.read_bytes().decode()
        assert "<pdfaid:part>3</pdfaid:part>" in meta.replace('pdfaid:part="3"', "<pdfaid:part>3</pdfaid:part>")
        assert "<pdfaid:conformance>A</pdfaid:conformance>" in meta.replace(
            'pdfaid:conformance="A"', "<pdfaid:conformance>A</pdfaid:conformance>"
        )
        assert root.MarkInfo.Marked
        assert "/StructTreeRoot" in root
        assert str(root.Lang).startswith("zh")
        assert len(pdf.pages) >= 5
        assert cover.author not in meta
    fonts = [line.split() for line in _run("pdffonts", str(path)).splitlines()[2:]]
    assert {tuple(line[-5:-2]) for line in fonts} == {("yes", "yes", "yes")}
    text = _run("pdftotext", "-layout", str(path), "-")
    for word in ("䶮𡃁", "月底现金", "固定资产和折旧", "启动资金", "扫码核验", "图 2"):
        assert word in text, word
    assert "未完成" not in text
    blind = tmp_path / "blind.pdf"
    blind.write_bytes(render_pdf(content, replace(cover, code="7K3M9Q")))
    text = _run("pdftotext", "-layout", str(blind), "-")
    assert "7K3M9Q" in text and "作者情况已隐去" in text
    for word in (cover.author, cover.class_name, "扫码核验", "这里写创业计划作者情况"):
        assert word not in text, word
