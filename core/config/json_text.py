"""A whole configuration as JSON text and back; what comes in is checked at this door."""

import json
from typing import Any, NoReturn

from core.config.names import shown
from core.config.paths import overlay
from core.config.plain import is_group, to_dict
from core.config.schema.experiment import SCHEMA_VERSION, ExperimentConfig
from core.errors import ConfigError

MAX_JSON_LETTERS = 1_000_000  # a whole configuration has some 10,000


def from_dict(values: Any) -> ExperimentConfig:
    """A whole, checked config from JSON types; missing fields take their defaults. Raises ConfigError."""
    if not is_group(values):
        raise ConfigError(
            f"A configuration is a JSON object; received {shown(values)}. "
            "Save one from the Network page to see the shape."
        )
    version: Any = values.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, (bool, str)) or version != SCHEMA_VERSION:
        raise ConfigError(
            f"This version reads configurations of schema {SCHEMA_VERSION}; received schema {shown(version)}. "
            "Use the version of the app that wrote it."
        )
    return overlay(ExperimentConfig(), {**values, "schema_version": SCHEMA_VERSION})


def from_json(text: str) -> ExperimentConfig:
    """``from_dict`` of a JSON text. Raises ConfigError."""
    return from_dict(parse_json(text))


def parse_json(text: str) -> Any:
    """The values of a JSON text. Raises ConfigError with line and column if it is not JSON, or far too long."""
    if len(text) > MAX_JSON_LETTERS:
        raise ConfigError(
            f"A configuration may have {MAX_JSON_LETTERS:,} letters; this file has {len(text):,}. "
            "Choose a file that the app has written."
        )
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # ValueError also for a whole number of thousands of digits
        is_placed = isinstance(error, json.JSONDecodeError)
        where = f": {error.msg} in line {error.lineno}, column {error.colno}" if is_placed else ""
        raise ConfigError(f"This is not JSON{where}. Check the file and load it again.") from None


def to_json(config: ExperimentConfig) -> str:
    """Indented JSON of the whole config."""
    return json.dumps(to_dict(config), indent=2, ensure_ascii=False) + "\n"


def _no_number(word: str) -> NoReturn:
    raise ConfigError(f"Numbers in JSON are finite; received {word}. Write a number in its place.")
