"""The web application, made from the environment: what gunicorn, the worker and ``flask --app app.wsgi`` load."""

from __future__ import annotations

import sys

from app.config import ConfigError
from app.factory import create_app

try:
    app = create_app()
except ConfigError as error:
    # one sentence for the operator; 3 is also the code on which gunicorn does not try again
    sys.stderr.write(f"{error}\n")
    sys.exit(3)
