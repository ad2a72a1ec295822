"""Addresses of pictures, built files, icons and downloads, on a bare application."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from app.core.web import assets, picture_views
from app.core.web.downloads import attachment


@pytest.fixture
def bare(tmp_path: Path) -> Flask:
    app = Flask("bare", static_folder=str(tmp_path), static_url_path="/static")
    assets.register(app)
    picture_views.register(app)
    return app


def build(folder: Path, name: str) -> None:
    dist = folder / "dist"
    dist.mkdir(exist_ok=True)
    files = {"main.css": name, "icons.svg": "icons-1.svg"}
    (dist / "manifest.json").write_text(json.dumps({"files": files, "icons": ["home", "point"]}), encoding="utf-8")


def test_a_missing_build_says_what_to_do(bare: Flask) -> None:
    with bare.test_request_context(), pytest.raises(assets.AssetsNotBuilt, match="前端资源尚未构建"):
        assets.asset("main.css")


def test_a_new_build_is_seen_and_a_missing_one_survived(bare: Flask, tmp_path: Path) -> None:
    build(tmp_path, "site-1.css")
    with bare.test_request_context():
        assert assets.asset("main.css") == "/static/dist/site-1.css"
        build(tmp_path, "site-234.css")
        assert assets.asset("main.css") == "/static/dist/site-234.css"
        (tmp_path / "dist" / "manifest.json").unlink()
        assert assets.asset("main.css") == "/static/dist/site-234.css"


def test_icons_are_decoration_or_speak(bare: Flask, tmp_path: Path) -> None:
    build(tmp_path, "site-1.css")
    with bare.test_request_context():
        assert assets.icon("home") == (
            '<svg class="icon" aria-hidden="true" focusable="false"><use href="/static/dist/icons-1.svg#home"/></svg>'
        )
        assert 'role="img" aria-label="&lt;首页&gt;"' in assets.icon("home", "<首页>")
        assert "#point" in assets.icon("no-such-icon")


def test_a_picture_is_drawn_from_its_address(bare: Flask) -> None:
    with bare.test_request_context():
        url = picture_views.picture_url("product", "陶瓷杯" * 40, "餐厨")
    answer = bare.test_client().get(url)
    assert answer.status_code == 200
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert answer.headers["Cache-Control"] == "public, max-age=604800"


@pytest.mark.parametrize(
    "path", ["/pictures/poster/WyJhIiwiYiJd.svg", "/pictures/product/x.svg", "/pictures/shop/bnVsbA.svg"]
)
def test_a_bad_picture_address_is_not_found(bare: Flask, path: str) -> None:
    assert bare.test_client().get(path).status_code == 404


def test_a_download_keeps_its_chinese_name(bare: Flask) -> None:
    with bare.test_request_context():
        answer = attachment(b"abc", "一班看板.xlsx", "text/plain")
        answer.direct_passthrough = False
        assert answer.data == b"abc"
        header = answer.headers["Content-Disposition"]
    assert header.encode("latin-1").startswith(b"attachment; filename")
    assert "filename*=UTF-8''%E4%B8%80%E7%8F%AD%E7%9C%8B%E6%9D%BF.xlsx" in header
    assert answer.headers["Cache-Control"] == "no-store"
