"""Write table.csv anew from the marks on the views; a person reads the difference."""

from __future__ import annotations

from app.factory import create_app
from tests.permissions.table import write

if __name__ == "__main__":
    write(create_app())
