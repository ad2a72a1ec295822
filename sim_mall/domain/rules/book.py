"""All rules by id (R1 to R19)."""

from __future__ import annotations

from sim_mall.domain.rules.rulebook import Rule
from sim_mall.domain.rules.texts_of_conduct import CONDUCT_RULES
from sim_mall.domain.rules.texts_of_goods import GOODS_RULES

RULES: dict[str, Rule] = {
    rule.id: rule for rule in sorted((*GOODS_RULES, *CONDUCT_RULES), key=lambda rule: int(rule.id[1:]))
}
LIVE_RULES = frozenset({"R1", "R10", "R11", "R13", "R16", "R17"})
WORD_RULES = ("R1", "R10", "R11", "R12", "R13", "R16", "R17")  # rules that a word of the list may stand for
