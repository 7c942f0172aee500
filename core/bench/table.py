"""A line of the table, and the rule of every comparison."""

from collections.abc import Callable
from dataclasses import dataclass

NUM_ROUNDS = 3


@dataclass(frozen=True)
class Result:
    """One line of the table.

    Args:
        row: its id; ``.float32`` or ``.bf16`` appended where both are measured.
        value: in the row's unit.
        bar: what it should reach.
        unit: "x" for a ratio to a reference of the same run, which means the same on any machine; "seconds" where a person's
            patience is the bar.
        detail: the figures behind it.
        at_most: whether less is better.
        measured: the absolute figure that a ratio was made of, e.g. (3364, "photos/s"); it has no bar.
    """

    row: str
    value: float
    bar: float
    unit: str
    detail: str = ""
    at_most: bool = False
    measured: tuple[float, str] | None = None

    @property
    def holds(self) -> bool:
        """Whether the value reaches the bar."""
        return self.value <= self.bar if self.at_most else self.value >= self.bar


@dataclass(frozen=True)
class LeftOut:
    """A row that cannot be measured here, and why."""

    row: str
    reason: str


def best_of(
    measures: dict[str, Callable[[], float]], num_rounds: int = NUM_ROUNDS, largest: bool = True
) -> dict[str, float]:
    """Interleaved measurements, A B A B A B; the best of each.

    Args:
        measures: by name; called in this order, ``num_rounds`` times.
        largest: whether more is better (photos/s); False for seconds.
    """
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(num_rounds)]
    best = max if largest else min
    return {name: best(values[name] for values in rounds) for name in measures}
