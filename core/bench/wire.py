"""Protobuf on the wire, as much as a viewer needs: fields of a message, and messages of text and flags.

Streamlit's own classes come only with all of Streamlit (790 modules for six messages), which core never imports. The numbers
of its fields are in ``core.bench.viewers``; a test compares them with Streamlit's.

A field is a key, ``number << 3 | kind``, and a value: kind 0 a whole number of variable length, 1 eight bytes, 2 a
length and as many bytes (text, or a message), 5 four bytes.
"""

from collections.abc import Iterator
from typing import Any

_FIXED = {1: 8, 5: 4}


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """(number, value) of each field in order; values of kind 0 as int, all others as bytes.

    Raises:
        ValueError: these bytes are no message.
    """
    place = 0
    try:
        while place < len(message):
            key, place = _number(message, place)
            kind = key & 7
            if kind == 0:
                value, place = _number(message, place)
            else:
                if kind == 2:
                    length, place = _number(message, place)
                else:
                    length = _FIXED[kind]
                if place + length > len(message):
                    raise IndexError
                value, place = message[place : place + length], place + length
            yield key >> 3, value
    except (IndexError, KeyError):
        raise ValueError(f"These {len(message):,} bytes are no protobuf message: field at byte {place}.") from None


def part(number: int, value: str | bytes) -> bytes:
    """A field of text, or of a message that is already packed."""
    content = value.encode() if isinstance(value, str) else value
    return _packed(number << 3 | 2) + _packed(len(content)) + content


def flag(number: int) -> bytes:
    """A field that is true."""
    return _packed(number << 3) + b"\x01"


def _number(message: bytes, place: int) -> tuple[int, int]:
    """A whole number of variable length at ``place``, and the place after it: seven bits a byte, the lowest first."""
    value, shift = 0, 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def _packed(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))
