"""The exponent of a power law through a few points, by least squares between logarithms."""

import math
from collections.abc import Mapping

_LEAST = 1e-9


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

    So a line with any fixed part has the exponent 1, and a square nearly 2.
    """
    (smallest, fixed), *others = sorted(costs.items())
    return {n - smallest: max(cost - fixed, _LEAST) for n, cost in others}
