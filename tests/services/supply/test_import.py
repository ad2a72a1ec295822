"""Catalogue import: files, dry run, commit of all or of the good rows, again without duplicates, as a job."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import Workbook

from app.accounts.models import Scope
from app.core import files, jobs
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import Forbidden, InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_supply import access
from sim_supply.domain.catalogue import COLUMNS
from sim_supply.models.catalogue import CatalogueImport, Category, ImportStatus, Product, Sku, Supplier
from sim_supply.services import export, imports
from tests.factories import mall, supply
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_world

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
LIBRARY = {"supply_supplier", "supply_category", "supply_product", "supply_sku"}


@pytest.fixture
def world(app_context: Flask) -> World:
    return make_world()


def the_system(world: World) -> Actor:
    return system(world.id, world.scope_id)


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def take(world: World, data: bytes, **options: object) -> dict[str, object]:
    return imports.import_catalogue(the_system(world), data, "catalogue.csv", **options)  # type: ignore[arg-type]


def xlsx(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for cells in rows:
        book.active.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(world: World, encoding: str) -> None:
    report = take(world, supply.csv_bytes([supply.row(1, name="䶮牌收纳箱 帕孜来提·款")], encoding))
    assert report["committed"]
    assert supply.product(world).name == "䶮牌收纳箱 帕孜来提·款"


def test_xlsx_with_numbers_as_cells(world: World) -> None:
    cells = {**supply.row(1), "spu_code": 1181000, "sku_code": 1181001.0, "retail_price": 49.9, "stock": 7}
    take(world, xlsx([list(COLUMNS), [cells[column] for column in COLUMNS]]))
    found = supply.sku(world, "1181001")
    assert (found.product.code, found.retail, found.stock) == ("1181000", 4990, 7)


def test_new_suppliers_and_categories_are_made(world: World) -> None:
    suppliers = "source,supplier_code,name,description\nx,GYS1,甲厂,做收纳\nx,GYS5,乙厂,\n".encode()
    rows = [supply.row(1), supply.row(2, supplier_code="LM0")]
    report = take(world, supply.csv_bytes(rows), suppliers_data=suppliers)
    assert report["result"] == {
        "suppliers_created": 3,
        "suppliers_updated": 0,
        "categories_created": 2,
        "products_created": 2,
        "products_updated": 0,
        "skus_created": 2,
        "skus_updated": 0,
        "unchanged": 0,
    }
    names = dict(db.session.execute(sa.select(Supplier.code, Supplier.name)).all())  # type: ignore[arg-type]
    assert names == {"GYS1": "甲厂", "GYS5": "乙厂", "LM0": "供应商 LM0"}
    assert db.session.scalars(sa.select(Category.path).order_by(Category.path)).all() == ["居家", "居家/收纳"]


def test_importing_again_updates_without_duplicates(world: World) -> None:
    supply.import_rows(world, [supply.row(1), supply.row(1, sku=2)])
    report = supply.import_rows(
        world, [supply.row(1, name="改名的收纳箱", stock=3), supply.row(1, sku=2, name="改名的收纳箱")]
    )
    assert (count(Product), count(Sku), count(Supplier), count(Category)) == (1, 2, 1, 2)
    result = report["result"]
    assert (result["products_updated"], result["skus_updated"], result["unchanged"]) == (1, 1, 1)
    assert (supply.product(world).name, supply.sku(world).stock) == ("改名的收纳箱", 3)


def test_image_addresses_stay_text(world: World) -> None:
    supply.import_rows(world, [supply.row(1, image_url="http://pictures.example/a.png")])
    assert supply.product(world).image_url == "http://pictures.example/a.png"


def test_rows_without_cost_ask_for_a_rule(world: World) -> None:
    data = supply.csv_bytes([supply.row(1, cost_price="")])
    before = fingerprint()
    with pytest.raises(InvalidInput, match="有 1 行没有成本价") as refusal:
        take(world, data)
    assert refusal.value.field == "cost_percent"
    for bad in (99, 10_001):
        with pytest.raises(InvalidInput, match="1 到 100"):
            take(world, data, cost_bp=bad)
    assert changed(before, fingerprint()) == []
    take(world, data, cost_bp=5000)
    assert supply.sku(world).cost == 2495


def test_a_bad_row_holds_the_whole_file_back_unless_asked_otherwise(world: World) -> None:
    data = supply.csv_bytes([supply.row(1), supply.row(2, retail_price="0.00")])
    before = fingerprint()
    report = take(world, data)
    assert (report["committed"], report["good"], report["refused"]) == (False, 1, 1)
    assert report["refusals"] == [
        {
            "row": 3,
            "other_row": None,
            "field": "retail_price",
            "field_name": "零售价",
            "message": "第 3 行：零售价（retail_price）是 0.00，应大于 0。",
        }
    ]
    assert changed(before, fingerprint()) == []
    report = take(world, data, good_only=True)
    assert (report["committed"], count(Sku)) == (True, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "空的"),
        (b"\x89PNG\r\n\x1a\n....", "不是 CSV 或 Excel"),
        ("供应商编码\n".encode("utf-16"), "不是 CSV 或 Excel"),
        (b"supplier_code,name\xff\xff\n", "编码无法识别"),
        (b"name,spec\nA,B\n", "表头缺少这些列"),
        (supply.csv_bytes([]), "只有表头"),
        (b"\n\n", "空的"),
        (b"PK\x03\x04 broken", "已损坏"),
    ],
)
def test_unusable_files_change_nothing(world: World, data: bytes, message: str) -> None:
    before = fingerprint()
    with pytest.raises(InvalidInput, match=message) as refusal:
        take(world, data, cost_bp=5000)
    assert refusal.value.field == "file"
    assert changed(before, fingerprint()) == []


def test_a_zip_that_is_no_workbook(world: World) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "no workbook")
    with pytest.raises(InvalidInput, match="已损坏"):
        take(world, buffer.getvalue())


def test_a_torn_excel_file(world: World) -> None:
    data = xlsx([list(COLUMNS), [supply.row(1)[column] for column in COLUMNS]])
    with pytest.raises(InvalidInput, match="已损坏"):
        take(world, data[: len(data) // 2])


def test_invisible_marks_are_dropped(world: World) -> None:
    supply.import_rows(world, [supply.row(1, name="收纳\u200b箱\u202e大号")])
    assert supply.product(world).name == "收纳箱大号"


def test_stock_below_what_orders_hold_is_kept(world: World) -> None:
    supply.import_rows(world, [supply.row(1)])
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 4))
    supply.fetch(seller)
    report = supply.import_rows(world, [supply.row(1, stock=1)])
    assert (supply.sku(world).stock, supply.sku(world).reserved) == (4, 4)
    assert [note["message"] for note in report["notes"]] == ["第 2 行：库存 1 少于采购单已占用的 4 件，按 4 件导入。"]


def open_file(actor: Actor, data: bytes, key: str = "", **options: object) -> dict[str, object]:
    with unit_of_work():
        return imports.open_import(actor, key or supply.key(), data, "货源.csv", **options)  # type: ignore[arg-type]


def test_a_check_stores_no_goods(world: World) -> None:
    instructor = supply.make_instructor(world)
    before = fingerprint()
    answer = open_file(instructor, supply.csv_bytes([supply.row(1)]))
    assert not LIBRARY & set(changed(before, fingerprint()))
    row = access.get_import(instructor, int(str(answer["id"])))
    assert (row.status, row.rows, row.good, row.refused) == (ImportStatus.CHECKED, 1, 1, 0)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_exported_library_imports_without_a_change(world: World, kind: str) -> None:
    rows = [
        supply.row(1, name='-5℃ 冰袋, "加厚"款', brief="=1+1", keywords="@夏天,+冰", image_url="https://例子.example/1.png"),
        supply.row(1, 2, name='-5℃ 冰袋, "加厚"款', brief="=1+1", keywords="@夏天,+冰", cost_price="0.07", stock="0",
                   image_url="https://例子.example/1.png", retail_floor="30", retail_ceiling="60.5", alarm_stock="3"),
        supply.row(2, supplier_code="007", sku_code="00012", mode="经销", freight_by="分销商", stock="1000000"),
        supply.row(3, cost_price=""),
    ]  # fmt: skip
    assert take(world, supply.csv_bytes(rows), cost_bp=4567)["committed"]
    before = {name: print_ for name, print_ in fingerprint().items() if name in LIBRARY}
    exported = export.catalogue(supply.make_instructor(world), kind)
    report = take(world, exported)
    assert report["committed"], report["refusals"]
    result = report["result"]
    assert result == {**dict.fromkeys(result, 0), "unchanged": 4}  # type: ignore[call-overload]
    assert {name: print_ for name, print_ in fingerprint().items() if name in LIBRARY} == before
    assert export.catalogue(supply.make_instructor(world), kind) == exported or kind == "xlsx"  # xlsx holds its date


def test_the_same_upload_is_kept_once(world: World) -> None:
    instructor = supply.make_instructor(world)
    data = supply.csv_bytes([supply.row(1)])
    assert open_file(instructor, data, "k") == open_file(instructor, data, "k")
    assert (count(CatalogueImport), count(files.StoredFile)) == (1, 1)


def test_commit_once(world: World) -> None:
    instructor = supply.make_instructor(world)
    import_id = int(str(open_file(instructor, supply.csv_bytes([supply.row(1)]))["id"]))
    with unit_of_work():
        assert imports.commit_import(instructor, import_id, good_only=False, cost_bp=None) is None
    row = access.get_import(instructor, import_id)
    assert (row.status, json.loads(row.report)["result"]["skus_created"]) == (ImportStatus.DONE, 1)
    with pytest.raises(Refused, match="已经导入过"), unit_of_work():
        imports.commit_import(instructor, import_id, good_only=False, cost_bp=None)
    assert count(Sku) == 1


def test_commit_of_all_is_refused_with_bad_rows(world: World) -> None:
    instructor = supply.make_instructor(world)
    data = supply.csv_bytes([supply.row(1), supply.row(2, stock="x")])
    import_id = int(str(open_file(instructor, data)["id"]))
    with pytest.raises(Refused, match="有 1 行不合格"), unit_of_work():
        imports.commit_import(instructor, import_id, good_only=False, cost_bp=None)
    assert (count(Sku), access.get_import(instructor, import_id).status) == (0, ImportStatus.CHECKED)
    with unit_of_work():
        imports.commit_import(instructor, import_id, good_only=True, cost_bp=None)
    assert count(Sku) == 1


def test_who_may_import(world: World) -> None:
    trainee = mall.make_trainee(world)
    with pytest.raises(Forbidden):
        open_file(trainee, supply.csv_bytes([supply.row(1)]))
    instructor = supply.make_instructor(world)
    import_id = int(str(open_file(instructor, supply.csv_bytes([supply.row(1)]))["id"]))
    stranger = supply.make_instructor(make_world())
    with pytest.raises(NotFound), unit_of_work():
        imports.commit_import(stranger, import_id, good_only=False, cost_bp=None)
    assert count(Sku) == 0


def test_a_large_file_goes_to_the_worker_in_parts(world: World) -> None:
    instructor = supply.make_instructor(world)
    data = supply.csv_bytes([supply.row(number, cost_price="") for number in range(1, 1203)])
    answer = open_file(instructor, data)
    assert answer["job"]
    import_id = int(str(answer["id"]))
    row = access.get_import(instructor, import_id)
    assert (row.status, row.rows, row.without_cost) == (ImportStatus.CHECKED, 1202, 1202)
    with pytest.raises(InvalidInput, match="有 1202 行没有成本价"), unit_of_work():
        imports.commit_import(instructor, import_id, good_only=False, cost_bp=None)
    with unit_of_work():
        job_id = imports.commit_import(instructor, import_id, good_only=False, cost_bp=6000)
    job = jobs.get_job(instructor, str(job_id))
    assert (job.status, job.done_steps, job.total_steps) == (jobs.JobState.DONE, 1202, 1202)
    assert (count(Sku), access.get_import(instructor, import_id).status) == (1202, ImportStatus.DONE)
    assert db.session.scalars(sa.select(Sku.cost).distinct()).all() == [2994]


def command(app: Flask, *arguments: str) -> tuple[int, str, str]:
    result = app.test_cli_runner().invoke(args=["supply", "import-catalogue", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        world = make_world()
        code = db.session.get_one(Scope, world.scope_id).code
        db.session.remove()
    good = tmp_path / "good.csv"
    good.write_bytes(supply.csv_bytes([supply.row(1, cost_price="")]))
    exit_code, out, err = command(app, str(good), "--class", code)
    assert (exit_code, out) == (2, "")
    assert "--cost-percent" in err
    exit_code, out, _ = command(app, str(good), "--class", code, "--cost-percent", "62.5", "--dry-run")
    report = json.loads(out)
    assert (exit_code, report["committed"], report["good"], report["reason"]) == (0, False, 1, "只检查，没有导入。")
    with app.app_context():
        stored = [db.session.scalar(sa.select(sa.func.count()).select_from(m)) for m in (Sku, CatalogueImport)]
        assert stored == [0, 0]
        db.session.remove()
    exit_code, out, _ = command(app, str(good), "--class", code, "--cost-percent", "62.5")
    report = json.loads(out)
    assert (exit_code, report["committed"], report["rows"], report["result"]["skus_created"]) == (0, True, 1, 1)
    bad = tmp_path / "bad.csv"
    bad.write_bytes(supply.csv_bytes([supply.row(2), supply.row(3, name="")]))
    exit_code, out, _ = command(app, str(bad), "--class", code)
    assert (exit_code, json.loads(out)["committed"], json.loads(out)["refusals"][0]["row"]) == (4, False, 3)
    exit_code, out, _ = command(app, str(bad), "--class", code, "--dry-run")
    assert (exit_code, "1 行不合格" in json.loads(out)["reason"]) == (0, True)
    exit_code, out, _ = command(app, str(bad), "--class", code, "--good-rows")
    assert (exit_code, json.loads(out)["committed"]) == (0, True)
    with app.app_context():
        assert sorted(db.session.scalars(sa.select(Sku.code))) == ["P1-1", "P2-1"]
        assert db.session.scalars(sa.select(Sku.cost).where(Sku.code == "P1-1")).one() == 3119
        db.session.remove()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("nothing.csv", "--class", "NONE"), "--class"),
        (("nothing.csv", "--class", "CODE"), "FILE"),
        ((".", "--class", "CODE"), "FILE"),
        (("good.csv", "--class", "CODE", "--cost-percent", "many"), "--cost-percent"),
        (("good.csv", "--class", "CODE", "--cost-percent", "0"), "--cost-percent"),
        (("good.csv", "--class", "CODE", "--suppliers", "nothing.csv"), "--suppliers"),
        (("good.csv", "--class", "CODE", "--suppliers", "wrong.csv"), "--suppliers"),
    ],
)
@pytest.mark.sqlite_only
def test_the_command_names_the_bad_field(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], field: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_bytes(supply.csv_bytes([supply.row(1)]))
    (tmp_path / "wrong.csv").write_bytes(b"code,title\r\nA,B\r\n")
    with app.app_context():
        code = db.session.get_one(Scope, make_world().scope_id).code
        db.session.remove()
    if field == "--cost-percent":
        (tmp_path / "good.csv").write_bytes(supply.csv_bytes([supply.row(1, cost_price="")]))
    exit_code, out, err = command(app, *(code if a == "CODE" else a for a in arguments))
    assert (exit_code, out) == (2, "")
    assert err.startswith(f"{field}：")
    assert len(err.strip().splitlines()) == 1


FILES = [name for name in ("catalogue.csv", "catalogue_dirty_natural.csv") if (SHARED / name).exists()]


@pytest.mark.parametrize("name", FILES)
def test_the_shared_catalogues(world: World, name: str) -> None:
    data = (SHARED / name).read_bytes()
    report = take(world, data, suppliers_data=(SHARED / "suppliers.csv").read_bytes(), cost_bp=5000)
    if name == "catalogue.csv":
        assert (report["committed"], report["rows"], report["refused"]) == (True, 244, 0)
        assert (count(Product), count(Sku), count(Supplier)) == (239, 244, 50)
    else:
        assert (report["committed"], report["rows"], report["good"], report["refused"]) == (False, 33, 0, 33)
        assert count(Sku) == 0
