"""What goods carry along: pictures, qualification files, the category book for the form."""

from __future__ import annotations

import json

from flask import Response, request

from app.core.errors import DomainError, InvalidInput
from app.core.files import read_upload
from app.core.permissions import Permission
from app.core.photos import JPEG, read_photo
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key
from sim_mall.domain.category_book import TREE, attributes_of
from sim_mall.services import listing_files, pictures
from sim_mall.views.blueprints import Answer, mall, seller
from sim_mall.views.shown import back, done, picture_path

KINDS = {"application/pdf": "PDF", "image/jpeg": "JPG", "image/png": "PNG"}
MAX_FILE = 5 * 1024 * 1024
WEEK = 7 * 86_400


def category_json() -> str:
    """Return the category tree with its attributes for the form's script: l1 → l2 → [[name, options, required]]."""
    book = {
        l1: {
            l2: [[item.name, list(item.options), item.required] for item in attributes_of(l1, l2)]
            for l2 in ("", *branch.leaves)
        }
        for l1, branch in TREE.items()
    }
    return json.dumps(book, ensure_ascii=False, separators=(",", ":"))


@seller.post("/pictures")
@requires(Permission.MALL_SELL)
def upload_picture() -> Answer:
    """Take one picture for a listing; answers the name and addresses as JSON."""
    key = form_key(request.form)
    square = request.form.get("use") != "detail"
    try:
        photo = read_photo(request.files.get("file"), square=square, min_side=pictures.MIN_SIDE if square else 100)
        with unit_of_work():
            name = pictures.add_picture(actor(), photo, key)
    except DomainError as error:
        refusal: dict[str, object] = {"error": error.message, "code": error.code}
        return refusal, error.status
    return {"name": name, "url": picture_path(name), "small": picture_path(name, small=True)}


@mall.get("/pictures/<name>.jpg")
@requires(Permission.MALL_VIEW)
def goods_picture(name: str) -> Response:
    """An uploaded picture of goods of the own class; ?size=s gives the small one."""
    data = pictures.read_picture(actor(), name, small=request.args.get("size") == "s")
    answer = Response(data, content_type=JPEG)
    answer.headers["Cache-Control"] = f"private, max-age={WEEK}, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@seller.post("/products/<int:listing_id>/files")
@requires(Permission.MALL_SELL)
def add_file(listing_id: int) -> Answer:
    """添加资质文件."""
    key = form_key(request.form)
    data = read_upload(request.files.get("file"), kinds=KINDS, limit=MAX_FILE)
    name = getattr(request.files.get("file"), "filename", "") or "file"
    title = clean_text(request.form.get("title"))
    if not title:
        raise InvalidInput("请填写文件名称，例如 质检报告。", field="title")
    with unit_of_work():
        listing_files.add_file(actor(), listing_id, title, data, name, key)
    done("资质文件已添加，买家可以在商品页查看。")
    return back("seller.edit_listing", listing_id=listing_id)


@seller.post("/products/files/<int:file_id>/remove")
@requires(Permission.MALL_SELL)
def remove_file(file_id: int) -> Answer:
    """删除资质文件."""
    with unit_of_work():
        listing_id = listing_files.remove_file(actor(), file_id)
    done("资质文件已删除。")
    return back("seller.edit_listing", listing_id=listing_id)
