"""The open platform over HTTP: signatures, grants, windows, stock, shipping, messages, document, pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.core.db import db
from app.core.jobs import Job
from app.core.uow import unit_of_work
from app.worlds.clock import sim_now
from sim_mall.domain.aftersale_flow import AfterSaleKind
from sim_mall.models.platform import PushMessage, PushState
from sim_mall.services import platform_apps, webhooks
from tests.conftest import AppMaker
from tests.factories import mall, platform, supply
from tests.factories.world import make_world, sign_in

WRONG_QUERIES = (
    ("page_size", "101"),
    ("page_no", "0"),
    ("states", "sold"),
    ("modified_from", "now"),
    ("more", "1"),
)
WRONG_BODIES = ((b"", "bad_json"), (b"{", "bad_json"), (b'{"version": NaN}', "bad_json"), (b"[]", "invalid_input"))


def _codes(caller: platform.Caller, path: str, **changes: str) -> tuple[int, str]:
    answer = caller.call("GET", path, None, None, "", **changes)
    return answer.status_code, answer.get_json().get("code", "")


def test_signature_grant_and_scope(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        other, others_shop = mall.make_seller(world)
        caller = platform.make_app(app, other)
        path = f"/shops/{shop.id}/orders/1"
        assert _codes(caller, "/shops") == (200, "")
        assert _codes(caller, path) == (403, "no_grant")
        grant_id = platform.grant(seller, caller, "order:read")
        assert caller.call("GET", "/shops").get_json()["shops"][0]["name"] == shop.name
        assert _codes(caller, path) == (404, "not_found")
        assert _codes(caller, f"/shops/{shop.id}/listings") == (403, "scope_missing")
        assert _codes(caller, f"/shops/{others_shop.id}") == (403, "no_grant")
        assert _codes(caller, "/shops", X_App_Key="app_nobody") == (401, "unknown_app")
        assert _codes(caller, "/shops", X_Signature="0" * 64) == (401, "signature_mismatch")
        assert _codes(caller, "/shops", X_Signature="签名") == (401, "signature_mismatch")
        assert _codes(caller, "/shops", X_Nonce="") == (401, "missing_header")
        old = str(int(clock.now().timestamp()) - 301)
        assert _codes(caller, "/shops", X_Timestamp=old) == (401, "timestamp_expired")
        headers = caller.headers("GET", "/open/v1/shops", {})
        client = app.test_client()
        assert client.get("/open/v1/shops", headers=headers).status_code == 200
        again = client.get("/open/v1/shops", headers=headers)
        assert (again.status_code, again.get_json()["code"]) == (401, "nonce_replayed")
        changed = client.get("/open/v1/shops?x=1", headers=caller.headers("GET", "/open/v1/shops", {}))
        assert changed.get_json()["code"] == "signature_mismatch"
        with unit_of_work():
            platform_apps.revoke_grant(seller, grant_id)
        assert _codes(caller, path) == (403, "no_grant")
        with unit_of_work():
            platform_apps.reset_secret(other, caller.id)
        assert _codes(caller, "/shops") == (401, "signature_mismatch")
        with unit_of_work():
            platform_apps.revoke_app(other, caller.id)
        assert _codes(caller, "/shops") == (401, "unknown_app")
        lost = app.test_client().get("/open/v1/nowhere")
        assert (lost.status_code, lost.get_json()["code"]) == (404, "not_found")
        wrong = app.test_client().delete("/open/v1/shops")
        assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_windows_and_pages(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        buyer = mall.make_trainee(world)
        listing = mall.make_listing(seller, shop, skus=(("默认", 1000, 50),))
        caller = platform.make_app(app, seller)
        platform.grant(seller, caller)
        start = sim_now(world.id)
        numbers = [mall.buy(buyer, [(listing.skus[0].id, 1)]).number for _ in range(5)]
        path = f"/shops/{shop.id}/orders"

        def fetch(**query: str) -> tuple[int, dict[str, object]]:
            window = {"modified_from": start.isoformat(), "modified_to": (start + timedelta(minutes=5)).isoformat()}
            answer = caller.call("GET", path, {**window, **query})
            return answer.status_code, answer.get_json()

        assert fetch()[1]["code"] == "window_too_new"
        supply.jump(world, minutes=10)
        assert fetch(modified_to=(start + timedelta(minutes=7, seconds=1)).isoformat())[1]["code"] == "window_too_new"
        status, page = fetch(page_size="2")
        assert (status, page["total"], page["pages"], page["has_next"]) == (200, 5, 3, True)
        found: list[str] = []
        for number in (3, 2, 1):
            _, page = fetch(page_size="2", page_no=str(number), use_has_next="true")
            found += [order["number"] for order in page["orders"]]  # type: ignore[attr-defined]
            assert page["total"] is None
        assert sorted(found) == sorted(numbers)
        assert fetch(states="paid,shipped")[1]["total"] == 5
        assert fetch(states="pending_pay")[1]["total"] == 0
        early = (start - timedelta(minutes=26)).isoformat()
        assert fetch(modified_from=early)[1]["code"] == "window_too_long"
        for name, value in (
            ("page_size", "101"),
            ("page_no", "0"),
            ("states", "sold"),
            ("modified_from", "now"),
            ("more", "1"),
        ):
            status, told = fetch(**{name: value})
            assert (status, told["code"], told["field"]) == (400, "invalid_input", name)


def test_goods_stock_ship_and_return(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        buyer = mall.make_trainee(world)
        caller = platform.make_app(app, seller)
        platform.grant(seller, caller)
        base = f"/shops/{shop.id}"
        draft = {
            "title": "接口上架的收纳箱",
            "category_l1": "居家",
            "skus": [{"price": 1000, "stock": 5, "spec": "大号"}],
        }
        first = caller.call("POST", f"{base}/listings", body=draft, key="listing-0001")
        again = caller.call("POST", f"{base}/listings", body=draft, key="listing-0001")
        assert (first.status_code, again.get_json()) == (201, first.get_json())
        other = caller.call("POST", f"{base}/listings", body={**draft, "title": "换了一个标题"}, key="listing-0001")
        assert (other.status_code, other.get_json()["code"]) == (409, "key_reused")
        refused = caller.call("POST", f"{base}/listings", body={**draft, "title": "箱"}, key="listing-0002")
        assert (refused.status_code, refused.get_json()["code"]) == (400, "audit_refused")
        assert caller.call("POST", f"{base}/listings", body=draft).get_json()["field"] == "Idempotency-Key"
        sku = first.get_json()["skus"][0]["id"]
        assert [x["id"] for x in caller.call("GET", f"{base}/listings").get_json()["listings"]] == [
            first.get_json()["id"]
        ]

        def sync(key: str, quantity: int, kind: str = "delta", **more: str) -> tuple[int, dict[str, object]]:
            body = {"type": kind, "items": [{"sku_id": sku, "quantity": quantity}], **more}
            answer = caller.call("POST", f"{base}/stock", body=body, key=key)
            return answer.status_code, answer.get_json()

        now = sim_now(world.id)
        assert sync("stock-0001", -2)[1]["changes"] == [{"sku_id": sku, "before": 5, "after": 3, "ignored": False}]
        assert sync("stock-0001", -2)[1]["changes"] == [{"sku_id": sku, "before": 5, "after": 3, "ignored": False}]
        assert sync("stock-0002", -4)[1]["code"] == "stock_below_zero"
        assert sync("stock-0003", 8, "full")[1]["field"] == "as_of"
        assert sync("stock-0004", 8, "full", as_of=now.isoformat())[0] == 200
        older = (now - timedelta(minutes=1)).isoformat()
        assert sync("stock-0005", 1, "full", as_of=older)[1]["changes"][0]["ignored"] is True  # type: ignore[index]
        order = mall.buy(buyer, [(sku, 2)])
        assert sync("stock-0006", -7)[1]["code"] == "reserved"
        prices = caller.call(
            "POST", f"{base}/prices", body={"items": [{"sku_id": sku, "price": 1290}]}, key="price-0001"
        )
        assert prices.get_json() == {"before": [{"sku_id": sku, "price": 1000}]}

        parcels = f"{base}/orders/{order.id}/parcels"
        bad = caller.call("POST", parcels, body={"carrier": "sf", "waybill": "123"}, key="ship-0001")
        assert (bad.status_code, bad.get_json()["field"]) == (400, "waybill")
        sent = caller.call("POST", parcels, body={"carrier": "zto", "waybill": "75000000000001"}, key="ship-0002")
        repeated = caller.call("POST", parcels, body={"carrier": "zto", "waybill": "75000000000001"}, key="ship-0002")
        assert (sent.status_code, repeated.get_json()) == (201, sent.get_json())
        assert caller.call("GET", f"{base}/orders/{order.id}").get_json()["state"] == "shipped"
        ticket = mall.ask_back(buyer, order.id, order.lines[0].id, kind=AfterSaleKind.RETURN)
        listed = caller.call("GET", f"{base}/after-sales", {"states": "applied"}).get_json()["after_sales"]
        assert [(row["id"], row["state"]) for row in listed] == [(ticket.id, "applied")]
        agree = f"{base}/after-sales/{ticket.id}/agree"
        assert caller.call("POST", agree, body={"version": 99}).get_json()["code"] == "stale"
        answer = caller.call("POST", agree, body={"version": listed[0]["version"]})
        assert (answer.status_code, answer.get_json()["state"]) == (200, "wait_buyer_ship")
        for body, code in (
            (b"", "bad_json"),
            (b"{", "bad_json"),
            (b'{"version": NaN}', "bad_json"),
            (b"[]", "invalid_input"),
        ):
            path = f"/open/v1{agree}"
            raw = app.test_client().post(path, data=body, headers=caller.headers("POST", path, {}, body))
            assert (raw.status_code, raw.get_json()["code"]) == (400, code)


def test_too_many_calls_are_told_when_to_come_back(make_app: AppMaker) -> None:
    app = make_app(platform_calls=10)
    with app.app_context():
        caller = platform.make_app(app, mall.make_trainee(make_world()))
        answers = [caller.call("GET", "/carriers") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert (answers[0].headers["X-RateLimit-Limit"], answers[0].headers["X-RateLimit-Remaining"]) == ("10", "9")
        assert answers[10].get_json()["code"] == "too_many"
        assert 0 < int(answers[10].headers["Retry-After"]) <= 61


def test_messages_are_retried_then_dead_then_replayed(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        buyer = mall.make_trainee(world)
        listing = mall.make_listing(seller, shop)
        caller = platform.make_app(app, seller)
        platform.grant(seller, caller, "order:read")
        mall.buy(buyer, [(listing.skus[0].id, 1)])
        assert db.session.scalar(sa.select(sa.func.count()).select_from(PushMessage)) == 0
        with unit_of_work():
            platform_apps.set_push(seller, caller.id, "inbox", broken=True)
        mall.buy(buyer, [(listing.skus[0].id, 1)])
        moment = clock.now()
        for wait in (0, *webhooks.BACK_OFF):
            moment += timedelta(seconds=wait)
            with clock.frozen(moment):
                assert webhooks.pump() == 1
                assert webhooks.pump() == 0
        db.session.rollback()
        row = db.session.scalars(sa.select(PushMessage)).one()
        assert (row.status, row.attempts, row.kind) == (PushState.DEAD, webhooks.MOST_TRIES, "order.paid")
        with unit_of_work():
            platform_apps.set_push(seller, caller.id, "inbox", broken=False)
            webhooks.replay(seller, caller.id, row.id)
        assert webhooks.pump() == 1
        db.session.rollback()
        assert db.session.scalars(sa.select(PushMessage.status)).one() == PushState.DELIVERED
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == webhooks.MOST_TRIES + 1


@pytest.mark.sqlite_only
def test_pages_console_and_document(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        seller, shop = mall.make_seller(make_world())
        sign_in(client, seller)
    made = client.post("/seller/platform/apps", data={"name": "小 ERP", "key": "k-00000001"}, follow_redirects=True)
    page = made.get_data(as_text=True)
    assert "应用已创建" in page
    app_key = page.split("<code>app_")[1].split("</code>")[0]
    granted = client.post(
        "/seller/platform/grants",
        data={"app_key": f"app_{app_key}", "scopes": ["order:read", "shop:read"], "key": "k-00000002"},
        follow_redirects=True,
    )
    assert "授权成功" in granted.get_data(as_text=True)
    assert "请至少勾选" in client.post("/seller/platform/grants", data={"app_key": f"app_{app_key}"}).get_data(
        as_text=True
    )
    console = "/seller/platform/apps/1/console"
    assert "计算签名" in client.get(f"{console}?operation=get_shop").get_data(as_text=True)
    call = {"method": "GET", "path": f"/open/v1/shops/{shop.id}", "body": ""}
    signed = client.post(console, data={**call, "step": "sign"}).get_data(as_text=True)
    assert "待签文本" in signed

    def value(name: str) -> str:
        return signed.split(f'name="{name}"')[1].split('value="')[1].split('"')[0]

    headers = {name: value(name) for name in ("timestamp", "nonce", "signature")}
    sent = client.post(console, data={**call, **headers, "step": "send"}).get_data(as_text=True)
    assert "应答 HTTP 200" in sent
    replayed = client.post(console, data={**call, **headers, "step": "send"}).get_data(as_text=True)
    assert "nonce_replayed" in replayed
    broken = client.post(console, data={**call, **headers, "path": "/open/v1/shops", "step": "send"})
    assert "signature_mismatch" in broken.get_data(as_text=True)
    assert "路径应以" in client.post(console, data={**call, "path": "http://x/", "step": "sign"}).get_data(as_text=True)
    refused = client.post("/seller/platform/apps/1/push", data={"mode": "url", "url": "http://10.0.0.1/"})
    assert "不在允许推送的名单里" in refused.get_data(as_text=True)
    secret = client.post("/seller/platform/apps/1/secret").get_data(as_text=True)
    assert "data-copy" in secret
    assert client.get("/mall/open-platform").status_code == 200
    document = client.get("/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    checked = app.test_cli_runner().invoke(args=["openapi", "check"])
    assert checked.exit_code == 0, checked.output
