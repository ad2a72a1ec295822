"""What the demo data brings along: its commands, the loader of ``flask up``, the accounts of the sign-in page."""

from __future__ import annotations

from flask import Flask, current_app

from app.core.feature import Feature
from app.demo.commands import commands
from app.demo.people import shown_accounts


def _load() -> str:
    from app.demo.loader import load  # brings every package's services: not needed to serve pages

    return load(current_app.config["SETTINGS"])


def _start(app: Flask) -> None:
    if app.config["SETTINGS"].is_demo:
        app.extensions["demo_loader"] = _load
        app.extensions["demo_accounts"] = shown_accounts()


FEATURE = Feature(name="demo", commands=[commands], startup=_start)
