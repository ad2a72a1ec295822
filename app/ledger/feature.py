"""What the ledger brings along."""

from __future__ import annotations

from app.core.feature import Feature
from app.ledger import nightly
from app.ledger.commands import commands

FEATURE = Feature(name="ledger", commands=[commands], periodic={"prove": (nightly.LOOK_SECONDS, nightly.look)})
