"""How a red packet is split (二倍均值法): every piece at least one fen, all pieces together the total to the fen."""

from __future__ import annotations

from collections.abc import Callable

MOST_TOTAL = 20_000_00  # fen of one red packet
MOST_PIECES = 500
MOST_VALUE = 50_000_00  # fen of one prize: above it a prize breaks the rules of live rooms (R17)
MOST_WINNERS = 50
LENGTHS = (1, 3, 5, 10)  # minutes that a game may run


def split(total: int, pieces: int, between: Callable[[int, int], int]) -> list[int]:
    """Return the pieces in the order in which they are taken; ``between(low, high)`` draws, both ends included.

    Each but the last is drawn between one fen and twice the mean of what is left, so that who comes late
    can expect as much as who comes first. Raises ValueError when there is less than a fen for each.
    """
    if pieces < 1 or total < pieces:
        raise ValueError("每个红包至少 1 分钱。")
    shares, left = [], total
    for remaining in range(pieces, 1, -1):
        most = min(2 * left // remaining - 1, left - (remaining - 1))
        share = between(1, max(1, most))
        shares.append(share)
        left -= share
    return [*shares, left]


def tally(choices: list[int], options: int) -> list[int]:
    """Return how often each of the options was chosen."""
    counts = [0] * options
    for choice in choices:
        if 0 <= choice < options:
            counts[choice] += 1
    return counts
