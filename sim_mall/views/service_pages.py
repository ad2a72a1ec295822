"""What both sides of the chat share: messages for templates and scripts, sending with or without a socket, images."""

from __future__ import annotations

import io
from typing import Any

from flask import Response, flash, request
from PIL import Image, UnidentifiedImageError

from app.core import files
from app.core.errors import InvalidInput, NotFound
from app.core.uow import unit_of_work
from app.core.web.access import actor, wants_json
from app.core.web.forms import form_key
from sim_mall.domain.service_flow import MessageKind
from sim_mall.models.service import ServiceMessage, ServiceThread
from sim_mall.services import service_chat
from sim_mall.services.rules.checking import RISKY
from sim_mall.services.service_chat import Words
from sim_mall.services.service_journal import message_body, messages_after
from sim_mall.views.shown import digits

IMAGE_KINDS = {"image/png": "PNG 图片", "image/jpeg": "JPG 图片", "image/webp": "WebP 图片", "image/gif": "GIF 图片"}
IMAGE_LIMIT = 5 * 1024 * 1024
LAST = 100  # messages that a page opens with


def shown_messages(thread: ServiceThread, *, shop_side: bool) -> list[dict[str, Any]]:
    """Return the last messages of a conversation for the page."""
    return [message_body(row) for row in messages_after(thread, 0, shop_side=shop_side, limit=LAST)]


def messages_json(thread: ServiceThread, *, shop_side: bool) -> dict[str, object]:
    """Answer a page without a socket: what came after ``seq``."""
    seq = digits(request.args.get("seq", "0")) or 0
    rows = messages_after(thread, seq, shop_side=shop_side) if seq < thread.last_seq else []
    return {"messages": [{"thread": thread.id, **message_body(row)} for row in rows], "seq": thread.last_seq}


def _decodes(data: bytes) -> None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > 40_000_000:
                raise InvalidInput("图片的像素太大，请缩小后再发送。", field="image")
            image.verify()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InvalidInput("图片打不开，可能已损坏，请换一张。", field="image") from error


def words_of_form() -> Words:
    """Return what a form sends: a text, a card, or an image that is checked and stored. Call it in a unit of work."""
    upload = request.files.get("image")
    if upload is not None and upload.filename:
        data = files.read_upload(upload, kinds=IMAGE_KINDS, limit=IMAGE_LIMIT, check=_decodes)
        row = files.keep(data, "chat", actor=actor())
        return Words(kind=MessageKind.IMAGE, body={"file": row.public_name})
    kind = request.form.get("kind", MessageKind.TEXT)
    if kind not in {MessageKind.TEXT, MessageKind.PRODUCT, MessageKind.ORDER, MessageKind.COUPON}:
        raise InvalidInput("这种消息不能发送，请刷新页面后重试。", field="kind")
    return Words(request.form.get("text", ""), MessageKind(kind), digits(request.form.get("ref", "")))


def send(thread_id: int, *, shop_side: bool) -> dict[str, object] | None:
    """Send what the form holds; the JSON answer for scripts, None when the page is to be shown again."""
    key = form_key(request.form)
    with unit_of_work():
        words = words_of_form()
        if shop_side:
            accepted = request.form.get("accept") == "1"
            row = service_chat.answer(actor(), thread_id, words, key, accepted=accepted)
        else:
            row = service_chat.ask(actor(), thread_id, words, key)
        told = message_body(row)
    return {"ok": True, "message": {"thread": thread_id, **told}} if wants_json() else None


def refusal(error: Any) -> str:
    """Return the text that the page offers to send all the same, when a rule warned; '' otherwise."""
    flash(error.message, "error")
    return str(request.form.get("text", "")) if error.code == RISKY else ""


def image_answer(thread: ServiceThread, message: ServiceMessage | None, *, shop_side: bool) -> Response:
    """Serve the picture of a message to the two sides of its conversation."""
    if message is None or message.thread_id != thread.id or message.kind is not MessageKind.IMAGE:
        raise NotFound
    if message.for_shop and not shop_side:
        raise NotFound
    row = service_chat.stored_image(message)
    answer = Response(files.read(row), mimetype=row.content_type)
    answer.headers["Cache-Control"] = "private, max-age=86400"
    answer.headers["Content-Disposition"] = "inline"
    return answer
