"""The score protocol of the earlier demo class: two assessors have signed, and it is made when a worker is there."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.actor import Actor
from app.core.uow import unit_of_work
from app.demo.market import Market
from grading.domain.strokes import Strokes
from grading.services import protocols, signing

SIGNATURE: Strokes = (
    ((80, 60), (180, 50), (120, 150), (210, 140)),
    ((260, 50), (255, 160), (330, 90), (340, 165)),
    ((400, 70), (500, 60), (450, 170)),
)


def sign_and_seal(market: Market, centre: Actor, batch: int, assessors: Sequence[Actor]) -> None:
    """Let all but the last assessor sign for their marks, and the centre ask for the sealed protocol."""
    with unit_of_work():
        for assessor in assessors[:-1]:
            waiting = signing.to_sign(assessor)
            if waiting.marks:
                signing.sign_marks(assessor, waiting.hash, SIGNATURE, market.key())
        protocols.make_protocol(centre, batch)
