"""What is said in live rooms (直播口播): checked beforehand, and reported when said all the same."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.actor import Actor
from app.core.errors import InvalidInput
from sim_mall import access
from sim_mall.data import SpeechFinding
from sim_mall.domain.rules.book import LIVE_RULES, RULES
from sim_mall.domain.rules.matching import Place
from sim_mall.services.rules import checking
from sim_mall.services.rules.violations import Case, record_violation

MAX_SPEECH = 5_000


def check_speech(world_id: int, text: str) -> list[SpeechFinding]:
    """Return what a script, a title or a transcript breaks. stops: it would be penalised in this world."""
    how = checking.strictness(world_id)
    return [
        SpeechFinding(
            rule=finding.rule,
            rule_name=RULES[finding.rule].name,
            word=finding.word,
            shown=finding.shown,
            level=str(finding.level),
            stops=checking.counts(finding, how),
            message=finding.message,
            advice=finding.advice,
        )
        for finding in checking.check_words(world_id, text[:MAX_SPEECH], Place.LIVE)
    ]


def report_live_violation(
    actor: Actor, shop_id: int, rule: str, room_id: int, summary: str, evidence: Sequence[str], key: str
) -> int:
    """Record a violation of a live room; return its id. The same key is recorded once."""
    if rule not in LIVE_RULES:
        raise InvalidInput(f"直播违规只能是 {'、'.join(sorted(LIVE_RULES))} 之一。", field="rule")
    shop = access.get_shop(actor, shop_id)
    case = Case(rule, ("room", room_id), summary, {"texts": [text[:500] for text in evidence][:20]}, f"live:{key}"[:80])
    return record_violation(shop.world_id, shop.id, case).id
