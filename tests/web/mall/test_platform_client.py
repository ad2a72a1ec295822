"""The example client against a real HTTP server, beside a second one; and the document against hostile calls."""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import pytest
import requests
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from werkzeug.serving import make_server

from app.core.uow import unit_of_work
from sim_mall.domain import platform_signing as signing
from sim_mall.domain.aftersale_flow import AfterSaleKind
from sim_mall.domain.platform_signing import Signed
from sim_mall.services import aftersales
from tests.factories import mall, platform, supply
from tests.factories.world import SIM_START, make_world

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "open_platform_client.py"

pytestmark = pytest.mark.sqlite_only


def load_example(skew: int = 0) -> ModuleType:
    """Return the example as a module of its own, whose clock is off by so many seconds."""
    spec = importlib.util.spec_from_file_location(f"example_{skew}", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.time = SimpleNamespace(time=lambda: time.time() + skew, sleep=time.sleep)  # type: ignore[attr-defined]
    return module


def _unheard(*_: Any) -> Callable[[bytes], object]:
    return bytes


class LosesAnswers:
    """Carries every request out, and answers every fifth with "try again": what a lost answer looks like."""

    def __init__(self, app: Flask) -> None:
        self.app, self.count = app, 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self.count += 1
        if self.count % 5:
            return self.app(environ, start_response)
        b"".join(self.app(environ, _unheard))
        start_response("503 BUSY", [("Retry-After", "0"), ("Content-Type", "application/json")])
        return [b'{"code": "not_ready", "error": "busy"}']


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, LosesAnswers(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


ALREADY = ("done", "stale")  # the answer was lost, and the repeat says that it is done


def press(client: Any, path: str, body: dict[str, int]) -> str:
    """Send a call without an idempotency key; return "done" or the platform's code."""
    try:
        client.call("POST", path, body=body)
    except RuntimeError as error:
        return str(error).partition(":")[0]
    return "done"


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.read_text("utf-8").splitlines()) <= 80


def test_two_programs_run_a_shop_by_http_alone(app: Flask, address: str) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        buyer = mall.make_trainee(world, capital=100_000_000)
        caller = platform.make_app(app, seller)
        platform.grant(seller, caller)
        erp = load_example().Client(address, caller.key, caller.secret)
        reader = load_example(skew=200).Client(address, caller.key, caller.secret)
        base = f"/open/v1/shops/{shop.id}"
        draft = {"title": "接口上架的收纳箱", "category_l1": "居家", "skus": [{"price": 1990, "stock": 100}]}
        sku = erp.call("POST", f"{base}/listings", body=draft, key="listing-0001")["skus"][0]["id"]
        bought = []
        for number in range(12):
            bought.append(mall.buy(buyer, [(sku, 2)]).id)
            if number % 2:
                order = bought[number // 2]
                parcel = {"carrier": "zto", "waybill": f"75{number:012d}"}
                first = erp.call("POST", f"{base}/orders/{order}/parcels", body=parcel, key=f"ship-{order:06d}")
                again = erp.call("POST", f"{base}/orders/{order}/parcels", body=parcel, key=f"ship-{order:06d}")
                assert first == again
            supply.jump(world, minutes=4)
            reader.fetch(shop.id, SIM_START, page_size=3)
        line = erp.call("GET", f"{base}/orders/{bought[0]}")["lines"][0]["id"]
        ticket = mall.ask_back(buyer, bought[0], line, 1, AfterSaleKind.RETURN)
        told = erp.call("GET", f"{base}/after-sales", {"states": "applied"})["after_sales"][0]
        agreed = f"{base}/after-sales/{told['id']}"
        assert press(erp, f"{agreed}/agree", {"version": told["version"]}) in ALREADY
        with unit_of_work():
            aftersales.fill_waybill(buyer, ticket.id, "zto", mall.waybill())
        version = erp.call("GET", f"{base}/after-sales")["after_sales"][0]["version"]
        assert press(erp, f"{agreed}/receive", {"version": version, "good": 1, "bad": 0}) in ALREADY
        assert erp.call("GET", f"{base}/after-sales")["after_sales"][0]["state"] == "success"
        supply.jump(world, minutes=30)
        reader.fetch(shop.id, SIM_START, page_size=3)
        assert len(reader.orders) == 12
        for order in reader.orders.values():
            assert order == erp.call("GET", f"{base}/orders/{order['id']}")
        saleable = erp.call("GET", f"{base}/listings")["listings"][0]["skus"][0]["saleable"]
        assert saleable == 100 - 24 + 1


def _resolve(schema: Any, document: dict[str, Any]) -> Any:
    return {**schema, "components": document["components"]}


def test_no_call_finds_a_server_error_or_an_undocumented_answer(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        listing = mall.make_listing(seller, shop)
        order = mall.buy(mall.make_trainee(world), [(listing.skus[0].id, 1)])
        caller = platform.make_app(app, seller)
        platform.grant(seller, caller)
        client = app.test_client()
        document = client.get("/openapi.json").get_json()
        real = {"shop_id": shop.id, "order_id": order.id, "ticket_id": 1}
        statuses: dict[str, set[int]] = {}

        def call(case: Any) -> None:
            for name in set(real) & set(case.path_parameters or {}):
                case.path_parameters[name] = real[name]
            wanted = case.as_transport_kwargs(base_url="http://localhost")
            wanted.pop("timeout", None)
            kept = {name: wanted.get(name) for name in ("method", "url", "params", "json", "data", "headers")}
            sent = requests.Request(**kept).prepare()
            body = sent.body.encode() if isinstance(sent.body, str) else bytes(sent.body or b"")  # type: ignore[arg-type]
            path, _, query = str(sent.path_url).partition("?")
            pairs = parse_qsl(query, keep_blank_values=True)
            signed = Signed(str(sent.method), signing.canonical_path(path, pairs), "", "", body)
            headers = caller.headers(signed.method, path, dict(pairs), body)
            key = (kept["headers"] or {}).get(signing.IDEMPOTENCY_HEADER)
            headers |= {signing.IDEMPOTENCY_HEADER: str(key)} if key else {}
            answer = client.open(path, method=signed.method, query_string=pairs, data=body, headers=headers)
            operation = document["paths"][case.operation.path][signed.method.lower()]
            statuses.setdefault(operation["operationId"], set()).add(answer.status_code)
            assert answer.status_code < 500, answer.text
            assert str(answer.status_code) in operation["responses"], (answer.status_code, answer.text)
            shape = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
            told = json.loads(answer.text)
            assert jsonschema_rs.is_valid(_resolve(shape, document), told), (told, shape)
            if answer.status_code >= 400:
                assert f"`{told['code']}`" in operation["responses"][str(answer.status_code)]["description"], told

        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            check = given(case=found.ok().as_strategy())(call)  # type: ignore[union-attr]
            settings(
                max_examples=12,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(check)()
        assert set(statuses) == {o["operationId"] for path in document["paths"].values() for o in path.values()}
        assert {200, 400} <= statuses["increment_orders"] | statuses["list_listings"]
