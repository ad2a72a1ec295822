"""The supply desk and the list of goods on sale."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.core.permissions import Permission
from app.core.web.access import actor, requires
from app.core.web.paging import page_number
from app.ledger import book
from sim_supply import mall_client
from sim_supply.forms import KeyForm
from sim_supply.services import desk
from sim_supply.views.blueprint import blueprint, search_text


@blueprint.get("/")
@requires(Permission.SUPPLY_VIEW)
def home() -> str | Response:
    """The trainee's supply desk; who only looks on goes to the library."""
    who = actor()
    if not who.may(Permission.SUPPLY_USE):
        return redirect(url_for("supply.catalogue"))
    figures = desk.read_desk(who)
    return render_template(
        "supply/desk.html",
        desk=figures,
        recent=desk.list_orders(who, (), "", 1, 5),
        wallet=book.balance(who.world(), book.wallet(mall_client.keeper(who))),
        form=KeyForm(),
    )


@blueprint.get("/listings")
@requires(Permission.SUPPLY_USE)
def listings() -> str:
    """What the shop listed by one click, with cost, price and stock beside each other."""
    q = search_text()
    return render_template("supply/listings.html", page=desk.list_mappings(actor(), q, page_number()), q=q)
