"""Pure rules of the open platform: signatures, windows, push targets, shapes of requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sim_mall.domain import platform_signing as signing
from sim_mall.domain.increment import latest_end, page_count, window_problem
from sim_mall.domain.payload_rules import BadPayload, check, read_query
from sim_mall.domain.platform_codes import BY_STATUS, ERRORS, stable_code
from sim_mall.domain.platform_signing import Signed
from sim_mall.domain.push_targets import target_problem

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def test_a_signature_covers_method_path_time_nonce_and_body() -> None:
    first = Signed("GET", "/open/v1/shops?a=1", "1700000000", "nonce-0001")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing
    assert signing.canonical_text(first) == f"GET\n/open/v1/shops?a=1\n1700000000\nnonce-0001\n{empty}"
    others = [
        Signed("POST", first.path, first.timestamp, first.nonce),
        Signed("GET", "/open/v1/shops?a=2", first.timestamp, first.nonce),
        Signed("GET", first.path, "1700000001", first.nonce),
        Signed("GET", first.path, first.timestamp, "nonce-0002"),
        Signed("GET", first.path, first.timestamp, first.nonce, b"{}"),
    ]
    signatures = {signing.sign("secret", signed) for signed in (first, *others)}
    assert len(signatures) == 6
    assert signing.sign("other", first) not in signatures
    assert signing.same(signing.sign("secret", first), signing.sign("secret", first).upper())


def test_the_query_is_sorted_and_encoded_in_one_way() -> None:
    query = [("b", "2 3"), ("a", "中"), ("a", "+")]
    assert signing.canonical_path("/x", query) == "/x?a=%2B&a=%E4%B8%AD&b=2%203"
    assert signing.canonical_path("/x", []) == "/x"


@pytest.mark.parametrize(("apart", "good"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_a_clock_may_be_five_minutes_off(apart: int, good: bool) -> None:
    assert (signing.time_problem(str(1_700_000_000 + apart), 1_700_000_000) is None) is good


@pytest.mark.parametrize("text", ["", "abc", "-5", "1.5", "１７", "9" * 13])
def test_a_time_is_whole_seconds(text: str) -> None:
    assert signing.time_problem(text, 1_700_000_000) is not None


@pytest.mark.parametrize(
    ("minutes", "back", "code"),
    [
        (30, 3, None),
        (31, 3, "window_too_long"),
        (10, 2, "window_too_new"),
        (0, 5, "invalid_input"),
        (-5, 5, "invalid_input"),
    ],
)
def test_a_window_has_a_longest_and_a_latest_end(minutes: int, back: int, code: str | None) -> None:
    end = NOW - timedelta(minutes=back)
    found = window_problem(end - timedelta(minutes=minutes), end, latest_end(NOW, None))
    assert (found[0] if found else None) == code


def test_what_is_still_to_be_fired_holds_the_window_back() -> None:
    early = NOW - timedelta(hours=5)
    assert latest_end(NOW, None) == NOW - timedelta(minutes=3)
    assert latest_end(NOW, early) == early
    assert latest_end(NOW, NOW) == NOW - timedelta(minutes=3)
    assert [page_count(total, 50) for total in (0, 1, 50, 51)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("http://127.0.0.1:9000/push", True),
        ("http://localhost:9099/push?x=1", True),
        ("http://[::1]:9001/", True),
        ("https://erp.example.org/in", True),
        ("http://erp.example.org:8080/in", True),
        ("http://erp.example.org/in", True),
        ("http://127.0.0.1:6379/", False),
        ("http://127.0.0.1:9005/", False),  # the platform's own port
        ("http://127.0.0.1/", False),
        ("http://127.0.0.2:9000/", False),
        ("http://2130706433:9000/", False),
        ("http://0x7f000001:9000/", False),
        ("http://0.0.0.0:9000/", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://10.0.0.5/", False),
        ("http://user:pass@erp.example.org/", False),
        ("http://erp.example.org@10.0.0.1/", False),
        ("http://erp.example.org.evil.test/", False),
        ("http://erp.example.org:22/", False),
        ("ftp://erp.example.org/", False),
        ("file:///etc/passwd", False),
        ("http://127.0.0.1:9000\\@evil.test/", False),
        ("http://127.0.0.1:99999/", False),
        ("http://a b/", False),
        ("//erp.example.org/", False),
        ("", False),
    ],
)
def test_messages_go_to_allowed_hosts_alone(url: str, good: bool) -> None:
    hosts = {"erp.example.org", "erp.example.org:8080"}
    assert (target_problem(url, hosts, own_port=9005) is None) is good


SMALL = {"type": "integer", "minimum": 0, "maximum": 5}
SHAPE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "at": {"type": "string", "format": "date-time"},
        "kind": {"type": "string", "enum": ["full", "delta"]},
        "size": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {"type": "integer", "minimum": 0, "maximum": 5},
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}


def test_a_body_is_read_with_defaults_and_moments() -> None:
    found = check({"name": "箱子", "at": "2026-11-20T09:30:00+08:00", "items": [1]}, SHAPE)
    assert found == {"name": "箱子", "at": datetime(2026, 11, 20, 1, 30, tzinfo=UTC), "items": [1], "size": 3}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], ""),
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "太长了太长了"}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a", "more": 1}, "more"),
        ({"name": "a", "kind": "half"}, "kind"),
        ({"name": "a", "size": 10}, "size"),
        ({"name": "a", "size": True}, "size"),
        ({"name": "a", "size": 1.5}, "size"),
        ({"name": "a", "items": []}, "items"),
        ({"name": "a", "items": [1, 9]}, "items[1]"),
        ({"name": "a", "at": "2026-11-20 09:30"}, "at"),
        ({"name": "a", "at": "9999-12-31T23:59:59Z"}, "at"),
        ({"name": "a", "at": "2026-02-30T00:00:00Z"}, "at"),
    ],
)
def test_a_body_that_does_not_fit_names_its_field(body: object, field: str) -> None:
    with pytest.raises(BadPayload) as refused:
        check(body, SHAPE)
    assert refused.value.field == field


def test_query_values_are_typed() -> None:
    assert read_query("7", {"type": "integer", "minimum": 1, "maximum": 9}, "n") == 7
    assert read_query("true", {"type": "boolean"}, "b") is True
    for text, kind in (("７", "integer"), ("1e3", "integer"), ("yes", "boolean"), ("99999999999999999999", "integer")):
        with pytest.raises(BadPayload):
            read_query(text, {"type": kind, "minimum": 0, "maximum": 9}, "x")


def test_every_answer_has_a_documented_code() -> None:
    assert stable_code("out_of_stock", 409) == "out_of_stock"
    assert stable_code("something_of_the_mall", 409) == "refused"
    assert stable_code("out_of_stock", 400) == "invalid_input"
    assert all(ERRORS[code][0] == status or status == 415 for status, code in BY_STATUS.items())
