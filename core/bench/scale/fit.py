"""The exponent of a power law through a few points, by least squares between logarithms."""

import math
from collections.abc import Mapping

_LEAST = 1e-9
_NOISE = 0.02


def exponent(costs: Mapping[int, float]) -> float:
    """b of cost = a n^b, its fixed part included: 0 where nothing grows.

    Args:
        costs: {n: cost} of two or more n; a cost of 0 counts as next to nothing.
    """
    xs = [math.log(n) for n in costs]
    ys = [math.log(max(cost, _LEAST)) for cost in costs.values()]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def grown(costs: Mapping[int, float]) -> dict[int, float]:
    """The costs without their fixed part, which is the cost of the smallest n, a tiny one: {n - smallest: cost - fixed} of the others.

    So a line with any fixed part has the exponent 1, and a square nearly 2. What is below a fiftieth of the fixed part is lost in its noise:
    it counts as that fiftieth, once, at the largest such n, so that whatever comes out of the noise is seen as it rises.
    """
    (smallest, fixed), *others = sorted(costs.items())
    noise = max(fixed * _NOISE, _LEAST)
    more = {n - smallest: max(cost - fixed, noise) for n, cost in others}
    buried = [n for n, cost in more.items() if cost == noise]
    return {n: cost for n, cost in more.items() if n not in buried[:-1]} if len(more) - len(buried) else more
