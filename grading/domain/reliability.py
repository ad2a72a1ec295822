"""Statistics of marks (评分统计): reliability, agreement on passing, severity of assessors.

Pairs of assessors are drawn at random, so reliability is the one-way ICC(1,1) and ICC(1,k) (Shrout and
Fleiss 1979); agreement on passing is shown three ways, because kappa misleads when nearly all pass
(Gwet 2008). Sums are exact; only the last step makes a float.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from grading.domain.documents import Name, ranked

NO_PAIRS = "没有恰好两个评分的评审件，算不出这一项。"
FEW_PAPERS = "至少要有两份各有两个以上评分的评审件。"
RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: paper, assessor, points (exact)."""

    paper: Name
    assessor: Name
    points: Fraction


@dataclass(frozen=True, slots=True)
class Severity:
    """How many points an assessor gives above (+) or below (−) the others on the same papers."""

    n: int
    value: float | None
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Every figure, None where it is undefined; reasons says why in a sentence."""

    icc1: float | None = None
    icck: float | None = None
    agreement: float | None = None
    kappa: float | None = None
    ac1: float | None = None
    alpha: float | None = None
    severity: Mapping[Name, Severity] = field(default_factory=dict)
    pass_rate: float | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


def statistics(marks: Sequence[Mark], pass_line: Fraction) -> Statistics:
    """Return the statistics of a batch; papers with one mark stay out of reliability."""
    papers: dict[Name, list[Fraction]] = defaultdict(list)
    for mark in marks:
        papers[mark.paper].append(mark.points)
    reasons: dict[str, str] = {}
    several = [points for points in papers.values() if len(points) > 1]
    icc1, icck = _icc(several, reasons)
    pairs = [(a >= pass_line, b >= pass_line) for a, b in (points for points in several if len(points) == 2)]
    agreement, kappa, ac1 = _agreement(pairs, reasons)
    return Statistics(
        icc1=icc1,
        icck=icck,
        agreement=agreement,
        kappa=kappa,
        ac1=ac1,
        alpha=_alpha([[points >= pass_line for points in group] for group in several], reasons),
        severity=severities(marks, reasons),
        pass_rate=_pass_rate(list(papers.values()), pass_line, reasons),
        reasons=reasons,
    )


def _sum(values: Sequence[Fraction]) -> Fraction:
    """Return an exact sum, quickly: by denominators first."""
    by: dict[int, int] = defaultdict(int)
    for value in values:
        by[value.denominator] += value.numerator
    return sum((Fraction(top, bottom) for bottom, top in sorted(by.items())), Fraction(0))


def _icc(groups: Sequence[Sequence[Fraction]], reasons: dict[str, str]) -> tuple[float | None, float | None]:
    n, total = len(groups), sum(len(group) for group in groups)
    if n < 2:
        reasons["icc1"] = reasons["icck"] = FEW_PAPERS
        return None, None
    sums = [_sum(group) for group in groups]
    squares = _sum([points * points for group in groups for points in group])
    between = _sum([s * s / len(group) for s, group in zip(sums, groups, strict=True)])
    msb = (between - _sum(sums) ** 2 / total) / (n - 1)
    msw = (squares - between) / (total - n)
    k0 = (total - Fraction(sum(len(group) ** 2 for group in groups), total)) / (n - 1)
    spread = msb + (k0 - 1) * msw
    if spread == 0:
        reasons["icc1"] = "所有评分完全相同，没有差异可以比较。"
    if msb == 0:
        reasons["icck"] = "各评审件的平均分完全相同，没有差异可以比较。"
    return (
        float((msb - msw) / spread) if spread else None,
        float((msb - msw) / msb) if msb else None,
    )


def _agreement(
    pairs: Sequence[tuple[bool, bool]], reasons: dict[str, str]
) -> tuple[float | None, float | None, float | None]:
    if not pairs:
        reasons["agreement"] = reasons["kappa"] = reasons["ac1"] = NO_PAIRS
        return None, None, None
    n = len(pairs)
    observed = Fraction(sum(a == b for a, b in pairs), n)
    first, second = Fraction(sum(a for a, _ in pairs), n), Fraction(sum(b for _, b in pairs), n)
    by_chance = first * second + (1 - first) * (1 - second)
    mean = (first + second) / 2
    by_chance_gwet = 2 * mean * (1 - mean)
    kappa = None
    if by_chance == 1:
        reasons["kappa"] = "两列评分都全部合格或全部不合格，κ 没有定义，请看一致率和 AC1。"
    else:
        kappa = float((observed - by_chance) / (1 - by_chance))
    return float(observed), kappa, float((observed - by_chance_gwet) / (1 - by_chance_gwet))


def _alpha(groups: Sequence[Sequence[bool]], reasons: dict[str, str]) -> float | None:
    """Return Krippendorff's alpha, nominal, on pass and fail."""
    if not groups:
        reasons["alpha"] = "没有一份评审件有两个以上的评分，算不出这一项。"
        return None
    passed = sum(sum(group) for group in groups)
    total = sum(len(group) for group in groups)
    if passed in {0, total}:
        reasons["alpha"] = "所有评分都合格或都不合格，α 没有定义。"
        return None
    differing: Counter[int] = Counter()
    for group in groups:
        differing[len(group) - 1] += 2 * sum(group) * (len(group) - sum(group))
    observed = sum((Fraction(count, less) for less, count in differing.items()), Fraction(0))
    return float(1 - (total - 1) * observed / (2 * passed * (total - passed)))


def _pass_rate(papers: Sequence[Sequence[Fraction]], pass_line: Fraction, reasons: dict[str, str]) -> float | None:
    if not papers:
        reasons |= {"pass_rate": "还没有评分。"}
        return None
    return sum(_sum(points) >= pass_line * len(points) for points in papers) / len(papers)


def severities(marks: Sequence[Mark], reasons: dict[str, str]) -> dict[Name, Severity]:
    """Return each assessor's severity: score = paper + assessor, least squares, ridge 1 on assessors.

    The assessor effects sum to 0. The standard error is that of the ridge estimate, from the residual
    variance; None where nobody else marked the same papers or no residual is left.
    """
    import numpy as np

    if not marks:
        reasons["severity"] = "还没有评分。"
        return {}
    people = ranked(list({mark.assessor for mark in marks}))
    at = {who: place for place, who in enumerate(people)}
    counts = Counter(mark.assessor for mark in marks)
    papers: dict[Name, list[tuple[int, float]]] = defaultdict(list)
    for mark in marks:
        papers[mark.paper].append((at[mark.assessor], float(mark.points)))
    shared = [rows for rows in papers.values() if len(rows) > 1]
    normal = np.zeros((len(people), len(people)))
    right = np.zeros(len(people))
    for rows in shared:
        who = np.array([place for place, _ in rows])
        points = np.array([value for _, value in rows])
        normal[who, who] += 1.0
        normal[np.ix_(who, who)] -= 1.0 / len(rows)
        right[who] += points - points.mean()
    inverse = np.linalg.inv(normal + RIDGE * np.eye(len(people)))
    effects = inverse @ right
    effects -= effects.mean()
    errors = _standard_errors(shared, normal, inverse, effects)
    if errors is None:
        reasons["severity"] = "重复评分太少，没有剩余差异，算不出标准误。"
    return {
        name: Severity(
            counts[name],
            float(effects[place]) + 0.0,
            None if errors is None or normal[place, place] == 0 else float(errors[place]),
        )
        for name, place in at.items()
    }


def _standard_errors(shared: Sequence[Sequence[tuple[int, float]]], normal: Any, inverse: Any, effects: Any) -> Any:
    import numpy as np

    residual, count = 0.0, 0
    for rows in shared:
        left = [value - effects[place] for place, value in rows]
        mean = math.fsum(left) / len(left)
        residual += math.fsum((one - mean) ** 2 for one in left)
        count += len(rows)
    free = count - len(shared) - int(np.linalg.matrix_rank(normal)) if shared else 0
    if free <= 0:
        return None
    covariance = residual / free * (inverse @ normal @ inverse)
    return np.sqrt(np.maximum(np.diag(covariance), 0.0))
