"""What a value may be, as data, and how a field of a configuration declares it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Limits:
    """What a value may be, as data: bounds the widget, checks the file, words the message.

    Args:
        minimum, maximum: inclusive bounds of a number; of a text and of a list, of its length.
        step: what one press of an arrow key changes.
        choices: the only allowed values.
        words: allowed beside numbers.
        unit: word after the number in a sentence ("degrees", "pixels").
    """

    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[Any, ...] | None = None
    words: tuple[str, ...] = ()
    unit: str = ""

    @property
    def most(self) -> int:
        """The maximum of what is counted in whole numbers. Raises ValueError where none is declared."""
        if self.maximum is None:
            raise ValueError("no maximum is declared")
        return int(self.maximum)

    def describe(self, say: Callable[[Any], str] = str) -> str:
        """The rule in words: ``between 1 and 2048 filters``, ``one of same, valid``.

        Args:
            say: how a choice is written: ``str`` as it is typed, ``choice_words`` as pages show it.
        """
        if self.choices is not None:
            return "one of " + ", ".join(say(choice) for choice in self.choices)
        unit = f" {self.unit}" if self.unit else ""
        words = "".join(f"{word}, " for word in self.words) + ("or " if self.words else "")
        if self.minimum is not None and self.maximum is not None:
            return f"{words}between {self.minimum:,} and {self.maximum:,}{unit}"
        if self.minimum is not None:
            return f"at least {self.minimum:,}{unit}"
        if self.maximum is not None:
            return f"at most {self.maximum:,}{unit}"
        return "a value of its type"

    def nearest(self, value: float) -> float:
        """The closest allowed number to ``value``."""
        if self.minimum is not None and value < self.minimum:
            return self.minimum
        if self.maximum is not None and value > self.maximum:
            return self.maximum
        return value

    def allows(self, value: float) -> bool:
        """Whether a number, or the length of a list, lies within the bounds."""
        return self.nearest(value) == value


def option(
    default: Value,
    label: str,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    choices: tuple[Any, ...] | None = None,
    words: tuple[str, ...] = (),
    unit: str = "",
) -> Value:
    """A dataclass field that carries its label, help and limits."""
    limits = Limits(minimum, maximum, step, choices, words, unit)
    return field(default=default, metadata={"label": label, "help": help, "limits": limits})
