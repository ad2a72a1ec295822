"""The command that proves the books."""

from __future__ import annotations

import json
import sys

import sqlalchemy as sa
from flask.cli import AppGroup

from app.core.db import db
from app.ledger.book import prove
from app.worlds.models import World

commands = AppGroup("ledger", help="Double-entry ledger of virtual money (账本).")


@commands.command("prove")
def prove_books() -> None:
    """Prove every world's books; exit 4 when one does not agree."""
    rows = []
    for world_id in db.session.scalars(sa.select(World.id).order_by(World.id)).all():
        proof = prove(world_id)
        rows.append(
            {
                "world": world_id,
                "sound": proof.sound,
                "sum_of_balances": proof.sum_of_balances,
                "unbalanced_transactions": proof.unbalanced_transactions,
                "wrong_balances": proof.wrong_balances,
            }
        )
    sound = all(row["sound"] for row in rows)
    sys.stdout.write(json.dumps({"sound": sound, "worlds": rows}, ensure_ascii=False, indent=2) + "\n")
    if not sound:
        sys.exit(4)
