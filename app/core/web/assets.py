"""Built front-end files (前端资源): hashed addresses from the manifest, and icons from the sprite."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app, url_for
from markupsafe import Markup

EXTENSION_KEY = "wangchuang_assets"
FALLBACK_ICON = "point"


class AssetsNotBuilt(RuntimeError):
    """The front end was not built; the message says how to."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the build made: plain file name → hashed name, and the icons in the sprite."""

    files: dict[str, str]
    icons: frozenset[str]


class AssetStore:
    """Reads dist/manifest.json, again whenever the file changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stamp: tuple[int, int] | None = None
        self._manifest: Manifest | None = None

    def manifest(self) -> Manifest:
        """Return the current manifest; raises AssetsNotBuilt when there is none."""
        path = self.folder / "manifest.json"
        try:
            status = path.stat()
        except FileNotFoundError:
            if self._manifest is not None:  # A new build is just being put in place.
                return self._manifest
            raise AssetsNotBuilt(
                "前端资源尚未构建：请执行 ./run app，或在 frontend/ 中执行 npm ci 与 node build.mjs。"
            ) from None
        stamp = (status.st_mtime_ns, status.st_size)
        if self._manifest is None or stamp != self._stamp:
            content = json.loads(path.read_text(encoding="utf-8"))
            self._manifest = Manifest(dict(content["files"]), frozenset(content["icons"]))
            self._stamp = stamp
        return self._manifest

    def file_name(self, name: str) -> str:
        """Return the hashed name of a built file, such as main.css; raises KeyError for an unknown one."""
        return self.manifest().files[name]


def _store() -> AssetStore:
    store: AssetStore = current_app.extensions[EXTENSION_KEY]
    return store


def asset(name: str) -> str:
    """Return the address of a built file (main.js, main.css, live.js, icons.svg)."""
    return url_for("static", filename=f"dist/{_store().file_name(name)}")


def icon(name: str, label: str | None = None, css: str = "") -> Markup:
    """Return an icon of the sprite.

    Without a label it is decoration (a word stands beside it); with one it speaks for itself. A name that the sprite
    does not hold shows a point, so that a page never fails for a picture; a test finds such names.
    """
    store = _store()
    known = name if name in store.manifest().icons else FALLBACK_ICON
    speech = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon{}" {} focusable="false"><use href="{}#{}"/></svg>').format(
        f" {css}" if css else "", speech, asset("icons.svg"), known
    )


def register(app: Flask) -> None:
    """Offer `asset` and `icon` to all templates of the application."""
    app.extensions[EXTENSION_KEY] = AssetStore(Path(app.static_folder or "") / "dist")
    app.jinja_env.globals.update(asset=asset, icon=icon)
