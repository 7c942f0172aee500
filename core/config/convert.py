"""One strict conversion a type: the one door for JSON, widgets and typed text. What is inside is trusted."""

import difflib
from collections.abc import Callable
from typing import Any, TypeVar

from core import parse
from core.config.declared import Setting
from core.config.names import choice_words, name_of, shown
from core.config.plain import is_list
from core.config.schema.limits import Limits
from core.errors import ConfigError
from core.text import printable

Number = TypeVar("Number", int, float)

_SWITCH = {word: word in ("true", "yes", "on", "1") for word in ("true", "yes", "on", "1", "false", "no", "off", "0")}
_TYPE_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    str | int: "a word or a whole number",
    tuple[str, ...]: "a list of words",
}


def typed(declared: Setting, text: str) -> Any:
    """Text as typed, read as the setting's type; what is none of it stays text, which ``converted`` refuses."""
    read = _READERS.get(declared.type)
    try:
        return read(text) if read else text
    except ValueError:
        return text


def converted(declared: Setting, value: Any) -> Any:
    """The value as exactly the setting's type and within its limits.

    JSON knows one kind of number, so 5.0 becomes the whole number 5, and 5 becomes 5.0 where a fraction is declared.

    Raises:
        ConfigError: it is of another type or out of its limits; the nearest value that works is suggested.
    """
    convert = _CONVERSIONS.get(declared.type)
    if convert is None:
        raise ConfigError(
            f"{name_of(declared.path)} is a list of layers, not one setting. Name a setting of one of them.",
            declared.path,
        )
    return convert(declared, value)


def wrong_type(declared: Setting, value: Any) -> ConfigError:
    """What is said of a value that is not of the setting's type."""
    limits, default = declared.limits, declared.default
    if limits.words:
        rule = limits.describe()
    elif limits.choices is not None:
        rule = limits.describe(choice_words)
    elif limits.minimum is not None:
        rule = f"{_TYPE_WORDS[declared.type]} {limits.describe()}"
    else:
        rule = _TYPE_WORDS[declared.type]
    use = ("on" if default else "off") if isinstance(default, bool) else choice_words(default)
    return ConfigError(
        f"{name_of(declared.path)} must be {rule}; received {shown(value)}." + (f" Use {use}." if use else ""),
        declared.path,
        default,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _on_or_off(text: str) -> bool | str:
    return _SWITCH.get(text.lower(), text)


_READERS: dict[Any, Callable[[str], Any]] = {
    bool: _on_or_off,
    int: parse.whole,
    float: parse.real,
    str | int: parse.whole,
    tuple[str, ...]: _words,
}


def _switch(declared: Setting, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(declared, value)
    return value


def _number(declared: Setting, value: Any, read: Callable[[Any], Number]) -> Number:
    """A number as JSON has it: what was typed was read by ``typed``, and is text only where it is no number."""
    try:
        if not isinstance(value, str):
            return read(value)
    except ValueError:
        pass
    raise wrong_type(declared, value)


def _whole(declared: Setting, value: Any) -> int:
    number = _number(declared, value, parse.whole)
    _check_choice(declared, number)
    _check_bounds(declared, number)
    return number


def _real(declared: Setting, value: Any) -> float:
    number = _number(declared, value, parse.real)
    _check_bounds(declared, number)
    return number


def _text(declared: Setting, value: Any) -> str:
    if not isinstance(value, str):
        raise wrong_type(declared, value)
    _check_choice(declared, value)
    _check_length(declared, value)
    _check_letters(declared, value)
    return value


def _word_or_whole(declared: Setting, value: Any) -> str | int:
    return value if value in declared.limits.words else _whole(declared, value)


def _list_of_words(declared: Setting, value: Any) -> tuple[str, ...]:
    name, limits = name_of(declared.path), declared.limits
    if limits.choices is None:
        return _list_of_names(declared, value)
    choices: tuple[str, ...] = limits.choices or ()
    known = ", ".join(choices)
    if not is_list(value) or not all(isinstance(word, str) for word in value):
        raise ConfigError(
            f"{name} must be a list of words, of {known}; received {shown(value)}.", declared.path, declared.default
        )
    words: tuple[str, ...] = tuple(value)
    wrong = next((word for word in words if word not in choices), None)
    if wrong is not None:
        raise ConfigError(f"{name} must be of {known}; received {shown(wrong)}.", declared.path, declared.default)
    if not limits.allows(len(words)):
        raise ConfigError(
            f"{name} must name between {limits.minimum} and {limits.maximum} of {known}; received {len(words)}.",
            declared.path,
            declared.default,
        )
    return words


def _list_of_names(declared: Setting, value: Any) -> tuple[str, ...]:
    name, limits = name_of(declared.path), declared.limits
    if not is_list(value) or not all(isinstance(word, str) and word for word in value):
        raise ConfigError(f"{name} must be a list of names; received {shown(value)}.", declared.path, declared.default)
    names: tuple[str, ...] = tuple(value)
    if not limits.allows(len(names)):
        raise ConfigError(
            f"{name} must name {limits.describe()}; received {len(names):,}.", declared.path, declared.default
        )
    for each in names:
        _check_letters(declared, each)
    return names


_CONVERSIONS: dict[Any, Callable[[Setting, Any], Any]] = {
    bool: _switch,
    int: _whole,
    float: _real,
    str: _text,
    str | int: _word_or_whole,
    tuple[str, ...]: _list_of_words,
}


def _check_choice(declared: Setting, value: str | int) -> None:
    choices = declared.limits.choices
    if choices is None or value in choices:
        return
    near = difflib.get_close_matches(str(value)[:60], [str(choice) for choice in choices], n=1, cutoff=0.3)
    suggestion = next((choice for choice in choices if near and str(choice) == near[0]), declared.default)
    raise ConfigError(
        f"{name_of(declared.path)} must be {declared.limits.describe(choice_words)}; received {shown(value)}. "
        f"Use {choice_words(suggestion)}.",
        declared.path,
        suggestion,
    )


def _check_bounds(declared: Setting, number: float) -> None:
    limits: Limits = declared.limits
    best = limits.nearest(number)
    if best != number:
        raise ConfigError(
            f"{name_of(declared.path)} must be {limits.describe()}; received {shown(number)}. Use {best:,}.",
            declared.path,
            best,
        )


def _check_length(declared: Setting, text: str) -> None:
    maximum = declared.limits.maximum
    if maximum and len(text) > maximum:
        raise ConfigError(
            f"{name_of(declared.path)} may have up to {maximum:,} letters; received {len(text):,}. Shorten it.",
            declared.path,
            text[: int(maximum)],
        )


def _check_letters(declared: Setting, text: str) -> None:
    try:  # the bytes of a file's name that are no text are kept; halves of a letter could be written nowhere
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ConfigError(
            f"{name_of(declared.path)} must be text that can be written to a file; received {shown(text)}. "
            "Leave the damaged letters out.",
            declared.path,
            printable(text),
        ) from None
