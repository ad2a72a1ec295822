"""The web application, made from the environment: what gunicorn, the worker and ``flask --app app.wsgi`` load."""

from __future__ import annotations

import gc
import sys

import click
from flask import Flask

from app.config import ConfigError
from app.light import light_app


def _application() -> Flask:
    if click.get_current_context(silent=True) is not None:
        light = light_app(sys.argv[1:])
        if light:
            return light
    from app.factory import create_app  # everything; what a light command does without

    return create_app()


gc.disable()  # what is loaded here stays: looking for garbage meanwhile takes a sixth of the time
try:
    app = _application()
except ConfigError as error:
    # one sentence for the operator; 3 is also the code on which gunicorn does not try again
    sys.stderr.write(f"{error}\n")
    sys.exit(3)
finally:
    gc.enable()
