"""The studio (中控台): plan a room, fill its bag and stage, go on air."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.photos import read_photo
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import new_key
from app.core.web.paging import page_number, paginate
from sim_livestream import access, forms, mall_client
from sim_livestream.domain.pace import COMMENT_LENGTH, MUTE_MINUTES
from sim_livestream.domain.packet import LENGTHS
from sim_livestream.domain.room_flow import CLOSED, STATE_NAMES
from sim_livestream.models.rooms import LiveSlide
from sim_livestream.models.selling import ItemStatus
from sim_livestream.services import catching_up, crew, encoders, explaining, figures, goods, rooms, stage, vouchers
from sim_livestream.services.offered import offered
from sim_livestream.views.answers import Answer, done
from sim_livestream.views.lobby import blueprint

HOST = Permission.LIVE_ROOM_HOST


def _to_console(number: int, message: str = "", part: str = "") -> Answer:
    return done(message, url_for("live.console", number=number, _anchor=part or None))


def _studio(form: forms.RoomForm, status: int = 200) -> tuple[str, int]:
    shop = mall_client.my_shop(actor())
    own = paginate(rooms.own_rooms(actor()), page_number(), 20)
    return render_template("live/studio.html", form=form, shop=shop, rooms=own, names=STATE_NAMES), status


@blueprint.get("/studio")
@requires(HOST)
def studio() -> tuple[str, int]:
    """Show the host's rooms and the form of a new one."""
    return _studio(forms.RoomForm())


@blueprint.post("/studio")
@requires(HOST)
def create() -> Response | tuple[str, int]:
    """Create a room."""
    form = forms.RoomForm()
    if not form.accept():
        return _studio(form, 400)
    try:
        with unit_of_work():
            number = rooms.create_room(
                actor(),
                form.title.data,
                form.notice.data or "",
                form.planned_moment(),
                form.key.data,
                minutes=form.minutes.data or 120,
            )
    except DomainError as error:
        form.show(error)
        return _studio(form, error.status)
    return redirect(url_for("live.console", number=number))


@blueprint.get("/studio/<int:number>")
@requires(HOST)
def console(number: int) -> str | Response:
    """Show the console of one room: goods and script, preview and figures, messages."""
    room = access.get_own_room(actor(), number)
    if room.state in CLOSED:
        return redirect(url_for("live.figures_page", number=number))
    q = request.args.get("q", "")[:60]
    items = access.bag(room.id)
    chosen = {item.listing_id for item in items}
    role = access.stand(actor(), number).role
    listings = mall_client.own_listings(actor(), room.shop_id, q) if role in {"host", "operator"} else []
    clip = access.open_clip(room.id)
    form = forms.RoomForm(formdata=None)
    form.fill(room)
    return render_template(
        "live/console.html",
        room=room,
        form=form,
        slide_form=forms.SlideForm(formdata=None, prefix="new-"),
        items=items,
        kept=offered(room),
        saleable=goods.saleable(room, items),
        pinned=clip.item_id if clip else None,
        slides=[(slide, _slide_form(slide)) for slide in access.slides(room.id)],
        listings=sorted(
            (listing for listing in listings if listing.id not in chosen),
            key=lambda listing: not any(sku.saleable > 0 for sku in listing.skus),  # sold out goods at the end
        ),
        q=q,
        state=catching_up.snapshot(actor(), room, room.last_seq),
        figures=figures.compute(room),
        role=role,
        crew=crew.crew_of(room.id),
        coupons=vouchers.issued(room),
        fresh=new_key,  # each form of a game has a key of its own
        crew_names=crew.CREW_NAMES,
        encoder=encoders.address_of(actor(), room),
        colleagues=crew.colleagues(actor(), number) if role == "host" else [],
        lengths=LENGTHS,
        drops=goods.DROP_MINUTES,
        names=STATE_NAMES,
        length=COMMENT_LENGTH,
        minutes=MUTE_MINUTES,
    )


def _slide_form(slide: LiveSlide) -> forms.SlideForm:
    form = forms.SlideForm(formdata=None, prefix=f"slide-{slide.id}-")
    form.fill(slide)
    return form


@blueprint.post("/studio/<int:number>/edit")
@requires(HOST)
def edit(number: int) -> Answer:
    """Change title, notice and announced time."""
    form = forms.RoomForm()
    if not form.accept():
        raise forms.first_error(form)
    photo = read_photo(form.cover.data, field="cover") if getattr(form.cover.data, "filename", "") else None
    with unit_of_work():
        rooms.edit_room(
            actor(),
            number,
            form.title.data,
            form.notice.data or "",
            form.planned_moment(),
            minutes=form.minutes.data or 120,
            cover=rooms.keep_cover(actor(), photo.large) if photo else None,
        )
    return _to_console(number, "直播间信息已保存。")


@blueprint.post("/studio/<int:number>/start")
@requires(HOST)
def start(number: int) -> Answer:
    """Go on air."""
    with unit_of_work():
        rooms.start(actor(), number)
    return _to_console(number, "开播成功，观众可以进来了。")


@blueprint.post("/studio/<int:number>/key")
@requires(HOST)
def change_key(number: int) -> Answer:
    """Give the room another key for encoders."""
    with unit_of_work():
        encoders.change_key(actor(), number)
    return _to_console(number, "推流码已更换，旧的已失效；请把新推流码填进推流软件。", "encoder")


@blueprint.get("/studio/<int:number>/figures")
@requires(HOST)
def running_figures(number: int) -> str:
    """Show the figures of the running show, a part of the console."""
    room, counted = figures.room_figures(actor(), number)
    return render_template("live/_running.html", room=room, figures=counted)


@blueprint.post("/studio/<int:number>/items")
@requires(HOST)
def add_item(number: int) -> Answer:
    """Put a listing into the bag."""
    listing_id = forms.whole(request.form, "listing", "请选择商品。")
    with unit_of_work():
        goods.add_item(actor(), number, listing_id)
    return _to_console(number, "已放进小黄车。", "goods")


@blueprint.post("/studio/<int:number>/items/<int:item_id>/price")
@requires(HOST)
def price_item(number: int, item_id: int) -> Answer:
    """Set live prices and the limit."""
    limit = forms.whole(request.form, "limit", "每人限购应为整数，0 表示不限。", default=0)
    prices, stock = forms.live_prices(request.form), forms.live_stock(request.form)
    with unit_of_work():
        goods.price_item(actor(), number, item_id, prices, limit, stock)
    return _to_console(number, "直播价和直播库存已更新。", "goods")


@blueprint.post("/studio/<int:number>/items/<int:item_id>/status")
@requires(HOST)
def show_item(number: int, item_id: int) -> Answer:
    """Hide, show or lock an item."""
    try:
        status = ItemStatus(request.form.get("status", ""))
    except ValueError:
        raise InvalidInput("请选择商品状态。", field="status") from None
    with unit_of_work():
        goods.show_item(actor(), number, item_id, status)
    return _to_console(number, "", "goods")


@blueprint.post("/studio/<int:number>/items/<int:item_id>/move")
@requires(HOST)
def move_item(number: int, item_id: int) -> Answer:
    """Move an item up or down."""
    step = forms.whole(request.form, "step", "请选择向上或向下。")
    with unit_of_work():
        goods.move_item(actor(), number, item_id, step)
    return _to_console(number, "", "goods")


@blueprint.post("/studio/<int:number>/items/order")
@requires(HOST)
def order_items(number: int) -> Answer:
    """Put the bag into the order that was dragged."""
    with unit_of_work():
        goods.order_items(actor(), number, forms.numbers(request.form, "ids"))
    return _to_console(number, "", "goods")


@blueprint.post("/studio/<int:number>/items/<int:item_id>/drop")
@requires(HOST)
def drop_item(number: int, item_id: int) -> Answer:
    """Announce a countdown drop."""
    minutes = forms.whole(request.form, "minutes", "请选择几分钟后开抢。")
    with unit_of_work():
        goods.drop_item(actor(), number, item_id, minutes)
    return _to_console(number, f"{minutes} 分钟后自动开抢。", "goods")


@blueprint.post("/studio/<int:number>/items/<int:item_id>/remove")
@requires(HOST)
def remove_item(number: int, item_id: int) -> Answer:
    """Take an item out of the bag."""
    with unit_of_work():
        goods.remove_item(actor(), number, item_id)
    return _to_console(number, "已移出小黄车。", "goods")


@blueprint.post("/studio/<int:number>/items/<int:item_id>/pin")
@requires(HOST)
def pin(number: int, item_id: int) -> Answer:
    """Explain an item."""
    with unit_of_work():
        explaining.pin(actor(), number, item_id)
    return _to_console(number, "", "goods")


@blueprint.post("/studio/<int:number>/unpin")
@requires(HOST)
def unpin(number: int) -> Answer:
    """Stop explaining."""
    with unit_of_work():
        explaining.unpin(actor(), number)
    return _to_console(number, "", "goods")


def _slide_values(form: forms.SlideForm) -> dict[str, str | int]:
    if not form.accept():
        raise forms.first_error(form)
    return {
        "title": form.title.data,
        "text": form.text.data or "",
        "prompt": form.prompt.data or "",
        "seconds": form.seconds.data,
    }


@blueprint.post("/studio/<int:number>/slides")
@requires(HOST)
def add_slide(number: int) -> Answer:
    """Add a slide."""
    values = _slide_values(forms.SlideForm(prefix="new-"))
    with unit_of_work():
        stage.add_slide(actor(), number, **values)  # type: ignore[arg-type]
    return _to_console(number, "画面已添加。", "script")


@blueprint.post("/studio/<int:number>/slides/order")
@requires(HOST)
def order_slides(number: int) -> Answer:
    """Put the script into the order that was dragged."""
    with unit_of_work():
        stage.order_slides(actor(), number, forms.numbers(request.form, "ids"))
    return _to_console(number, "", "script")


@blueprint.post("/studio/<int:number>/slides/<int:slide_id>")
@requires(HOST)
def edit_slide(number: int, slide_id: int) -> Answer:
    """Change a slide."""
    values = _slide_values(forms.SlideForm(prefix=f"slide-{slide_id}-"))
    with unit_of_work():
        stage.edit_slide(actor(), number, slide_id, **values)  # type: ignore[arg-type]
    return _to_console(number, "画面已保存。", "script")


@blueprint.post("/studio/<int:number>/slides/<int:slide_id>/show")
@requires(HOST)
def show_slide(number: int, slide_id: int) -> Answer:
    """Show a slide to the room."""
    with unit_of_work():
        stage.show_slide(actor(), number, slide_id)
    return _to_console(number, "", "script")


@blueprint.post("/studio/<int:number>/slides/<int:slide_id>/remove")
@requires(HOST)
def remove_slide(number: int, slide_id: int) -> Answer:
    """Remove a slide."""
    with unit_of_work():
        stage.remove_slide(actor(), number, slide_id)
    return _to_console(number, "画面已删除。", "script")
