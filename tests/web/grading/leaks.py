"""The search for leaks: markers in every identity field of a trainee, and everything that an assessor can fetch.

A marker is found in text, headers, addresses, the text and metadata of PDF files, and the metadata of pictures.
"""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pikepdf
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from app.accounts import field_keys
from app.accounts.models import Account, ScopeKind
from app.accounts.scopes import create_scope, get_scope
from app.core import photos
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.permissions import Role
from app.core.uow import unit_of_work
from grading.data import REPORT_FIELDS
from grading.domain.forecast import Product
from grading.domain.plan_content import PlanContent
from grading.domain.plan_extras import Extras, Picture, Table
from grading.domain.rubric import Entry
from grading.models.batch import Paper
from grading.services import anchors, attachments, lateness, marking, real_shops, releasing, screening
from sim_mall.open_platform import create_listing
from tests.factories import grading as make
from tests.factories.mall import draft, open_shop
from tests.factories.training import hat, make_class, make_instructor, make_region, make_school, make_trainee
from tests.factories.world import make_account

ID_NUMBER = "11010519491231002X"
MARKERS = {
    "name": "欧阳标记名",
    "login": "loginmarker77",
    "phone": "13877665544",
    "id": ID_NUMBER,
    "shop": "标记小铺九九",
    "class": "标记班级甲",
    "institution": "标记培训学校",
    "region": "标记市",
    "teacher": "任课标记师",
    "classmate": "同学标记友",
    "real shop": "标记真店",
    "real address": "biaoji-shop.example.com",
    "file": "biaojifile",
    "metadata": "biaojiexif",
}
WRITTEN = [name for name in MARKERS if name not in {"region", "file", "metadata"}]  # what a text can say
WORDS = "".join(f"【{MARKERS[name]}】" for name in WRITTEN)
LINK = re.compile(r'(?:href|action|src|data-save|data-poll|data-src|poster)="(/[^"#]*)')
MOST_PAGES = 200


def _photo() -> photos.Photo:
    """Return a taken-in picture whose file said who took it and where."""
    image, exif, found = Image.new("RGB", (320, 200), "#d7c7a5"), Image.Exif(), io.BytesIO()
    exif[0x010E] = f"{MARKERS['metadata']} {MARKERS['name']}".encode()
    exif[0x013B] = MARKERS["metadata"]
    image.save(found, "JPEG", exif=exif, comment=MARKERS["metadata"].encode())
    assert MARKERS["metadata"].encode() in found.getvalue()
    found.seek(0)
    return photos.read_photo(FileStorage(found, f"{MARKERS['file']}-{MARKERS['name']}.jpg"))


def _plan_of(author: Actor) -> None:
    with unit_of_work():
        number = attachments.add_picture(author, _photo())
    table = Table(MARKERS["shop"], (("渠道", "金额"), (MARKERS["name"], "300")))
    plan = make.plan_content(title=f"规划 {MARKERS['name']}", extra=WORDS)
    extras = {"market": Extras((Picture(number, f"{MARKERS['name']}拍的摊位"),), (table,))}
    product = Product(f"{MARKERS['shop']}礼盒", 100, 50, (1,) * 12)
    make.write_plan(author, PlanContent(plan.title, plan.sections, (product,), extras=extras), complete=True)


def _real_shop_of(author: Actor, centre: Actor) -> None:
    opened = lateness.today() - timedelta(days=30)
    stated = real_shops.Statement(
        "微店", MARKERS["real shop"], f"https://{MARKERS['real address']}/me", opened, 12, 4, 35_600
    )
    with unit_of_work():
        shop = real_shops.state_shop(author, stated)
        real_shops.add_picture(author, _photo())
        real_shops.check_shop(centre, shop.id, shop.version, True, 11, 3, f"{MARKERS['real shop']}能打开，截图一致。")


def make_marked_stage() -> tuple[make.Stage, str]:
    """Return a drawn stage whose every text names its author, and the code of that paper."""
    region = make_region(MARKERS["region"])
    row = make_class(make_school(region, MARKERS["institution"]), MARKERS["class"])
    with unit_of_work():
        district = create_scope(ScopeKind.REGION, "评委所在区", "R-POOL", region.id)
    author = make_trainee(row, MARKERS["name"])
    stage = make.Stage(
        region=region,
        row=row,
        centre=hat(make_account("中心经办人"), Role.CENTRE, region.id),
        instructor=make_instructor(row, MARKERS["teacher"]),
        trainees=[author, make_trainee(row, MARKERS["classmate"])],
        assessors=[make.make_assessor(district) for _ in range(2)],
    )
    with unit_of_work():
        account = db.session.get_one(Account, author.person())
        account.login, account.phone = MARKERS["login"], MARKERS["phone"]
        account.id_number_encrypted = field_keys.encrypt(ID_NUMBER)
    shop = open_shop(author, MARKERS["shop"])
    with unit_of_work():
        create_listing(author, shop.id, draft(title=f"{MARKERS['shop']} 野生香菇", brief=MARKERS["classmate"]))
    _real_shop_of(author, stage.centre)
    _plan_of(author)
    make.submit(author, make.report(**{key: f"我的做法：{WORDS}" for key, _, _ in REPORT_FIELDS}))
    batch_id = make.open_batch(stage)
    for row_ in screening.rows(stage.centre, batch_id):
        if row_.screening == "look":
            with unit_of_work():
                screening.pass_paper(stage.centre, batch_id, row_.code)
    make.draw(stage, batch_id)
    papers = {code: marking.desk(stage.assessors[0], code).paper for code in make.codes(batch_id)}
    return stage, next(code for code, paper in papers.items() if paper.plan_complete)


def make_anchor_of(stage: make.Stage, code: str) -> tuple[Actor, str]:
    """Finish and release the batch, make the paper an anchor; return an assessor new to it, and the anchor's code."""
    paper = db.session.scalars(sa.select(Paper).where(Paper.code == code)).one()
    for work in make.work_on(paper.batch_id):
        code_ = db.session.get_one(Paper, work.paper_id).code
        make.mark(make.assessor_of(stage, work), code_, 70)
    with unit_of_work():
        releasing.release_batch(stage.centre, paper.batch_id, make.key())
    with unit_of_work():
        anchor = anchors.make_anchor(stage.centre, paper.id)
    view = anchors.view_anchor(stage.centre, anchor)
    agreed = make.spread(view.paper.rubric, 70)
    told = {**agreed, "goods": Entry(agreed["goods"].points, f"{MARKERS['name']}的详情页写得清楚。")}
    with pytest.raises(InvalidInput, match="认出作者"), unit_of_work():
        anchors.set_reference(stage.centre, anchor, told)
    with unit_of_work():
        anchors.set_reference(stage.centre, anchor, agreed)
    district = stage.assessors[0].scope_id
    assert district is not None
    return make.make_assessor(get_scope(district)), view.anchor.code


def _said_by(answer: TestResponse) -> str:
    """Return everything that an answer says, in any layer of it and however it is spelled."""
    text = answer.data.decode("utf-8", "replace")
    said = [text, html.unescape(text), unquote(text), str(answer.headers), unquote(str(answer.headers))]
    if answer.is_json:
        said.append(json.dumps(answer.get_json(), ensure_ascii=False))
    if answer.data.startswith(b"%PDF-"):
        layer = subprocess.run(["pdftotext", "-", "-"], input=answer.data, capture_output=True, check=True).stdout
        said.append(layer.decode())
        with pikepdf.open(io.BytesIO(answer.data)) as document:
            said += [str(value) for value in document.docinfo.values()]
            said += list(document.attachments)
            if "/Metadata" in document.Root:
                said.append(document.Root.Metadata.read_bytes().decode("utf-8", "replace"))
    elif (answer.mimetype or "") in {"image/jpeg", "image/png", "image/webp"}:
        image: Any = Image.open(io.BytesIO(answer.data))
        said += [str(value) for value in {**image.getexif(), **image.info}.values()]
    return "\n".join(said)


def markers_in(text: str) -> list[str]:
    """Return the names of the markers that stand in a text."""
    low = text.lower()
    return [name for name, marker in MARKERS.items() if marker.lower() in low]


@dataclass
class Search:
    """One assessor's browser. seen: status by method and address; leaks: markers found there."""

    client: FlaskClient
    seen: dict[str, int] = field(default_factory=dict)
    leaks: dict[str, list[str]] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)

    def ask(self, address: str, method: str = "GET", **more: Any) -> TestResponse:
        """Send one request and note what its answer gives away."""
        answer: TestResponse = self.client.open(address, method=method, **more)
        name = f"{method} {address}"
        self.seen[name] = answer.status_code
        self.kinds.add(answer.mimetype or "")
        if found := markers_in(f"{address}\n{_said_by(answer)}"):
            self.leaks[name] = found
        return answer

    def crawl(self, *starts: str) -> None:
        """Fetch everything that links lead to, as a page and as a script would."""
        waiting, begun = list(starts), set[str]()
        while waiting and len(begun) < MOST_PAGES:
            address = waiting.pop()
            if address in begun or address == "/logout" or "/static/" in address:
                continue
            begun.add(address)
            self.ask(address, headers={"Accept": "application/json", "X-Requested-With": "fetch"})
            answer = self.ask(address)
            if answer.mimetype == "text/html":
                waiting += [link.replace("&amp;", "&") for link in LINK.findall(answer.get_data(as_text=True))]

    def work(self, code: str) -> None:
        """Open, print, save, be refused: every answer of the desk."""
        desk = f"/grading/assess/{code}"
        self.ask(f"{desk}/open", "POST")
        self.ask(f"{desk}/print", "POST")
        self.crawl(desk, f"{desk}/plan.pdf", f"{desk}/pictures/1", f"{desk}/pictures/2", "/grading/assess/")
        page = self.ask(desk).get_data(as_text=True)
        found = re.search(r'name="version" value="(\d+)"', page)
        assert found is not None
        script = {"Accept": "application/json"}
        self.ask(f"{desk}/draft", "POST", json={"version": found.group(1), "points-goods": "9"}, headers=script)
        self.ask(f"{desk}/draft", "POST", json={"version": "1", "points-goods": "9"}, headers=script)
        self.ask(f"{desk}/draft", "POST", json={"version": "1", "points-goods": "x"}, headers=script)
        self.ask(desk, "POST", data={"version": found.group(1), "key": "k"})
        self.ask(f"{desk}/recuse", "POST", data={"key": "r", "reason": ""})
        for other in (desk.replace(code, "ZZZZZZ"), f"{desk}/pictures/9", "/grading/calibration/ZZZZZZ"):
            self.ask(other)

    def calibrate(self, code: str) -> None:
        """Look at an anchor from the queue, mark it, be refused and told the agreed points."""
        desk = f"/grading/calibration/{code}"
        self.crawl("/grading/assess/")
        assert f"GET {desk}" in self.seen, "the queue leads to the anchor"
        page = self.ask(desk).get_data(as_text=True)
        self.ask(f"{desk}/pictures/1")
        self.ask(desk, "POST", data={"key": "c1"})
        points = dict(re.findall(r'name="(points-\w+)"[^>]*max="(\d+)"', page))
        said = {name.replace("points-", "comment-"): "写得清楚。" for name in points}
        assert points
        self.ask(desk, "POST", data={**points, **said, "key": "c2"})
        assert "与参考分对照" in self.ask(desk).get_data(as_text=True)

    def elsewhere(self) -> list[int]:
        """Ask for what is not an assessor's; return how it was answered."""
        pages = ("batches/", "batches/1", "outcome", "plan.pdf", "results", "real-shop", "real-shops", "pool")
        return [self.ask(f"/grading/{page}").status_code for page in pages]
