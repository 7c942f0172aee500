"""What the names of folders say: a split, a class, or that something lies beside the photos."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

SPLITS = ("train", "val", "test")
MIN_PHOTOS_PER_CLASS = 4  # two to learn from, one to validate with, one to test with


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_ROLES = {
    "train": ("train", "training", "trn", "trainval"),
    "val": ("val", "valid", "validation", "validate", "validating"),
    "test": ("test", "testing", "tst", "holdout"),
    "dev": ("dev", "devel", "development"),
    "eval": ("eval", "evaluation", "evaluate"),
}
"""What a folder of a split may be called. "dev" and "eval" are what the other folders leave for them."""

_NOUNS = words_of(
    """
    image images img imgs photo photos picture pictures pic pics data dataset datasets file files folder dir
    jpg jpeg jpegs png archive input set sets
    """
)
_QUALIFIERS = words_of(
    """
    split splits small full new old final copy resized cropped augmented aug stg stage part batch fold version
    v orig original raw clean my the for of all public private labeled labelled class classes
    """
)
_HELPERS = words_of(
    """
    annotation annotations annot annots anno label labels mask masks trimap trimaps bbox bboxes sample samples
    example examples pred preds predict prediction predictions single submission submissions unlabeled
    unlabelled unlabel unsup doc docs script scripts src code notebook notebooks model models weights output
    outputs result results log logs thumb thumbs thumbnail thumbnails cache tmp temp trash deleted paper
    papers readme figure figures screenshot screenshots xml json csv
    """
)
"""Folders beside photos, not classes of photos, where there are two classes without them."""

_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words}


@lru_cache(1 << 16)
def class_key(name: str) -> str:
    """The same text for all class names that look equal: in Unicode's two spellings of an umlaut, in capitals or not, with a
    space too many, with letters that cannot be seen."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join("".join(letter for letter in text if not _is_unseen(letter)).split())


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or "\ufe00" <= letter <= "\ufe0f"  # variation selectors


def shown(name: str) -> str:
    """A class name as it is kept: composed, without spaces around it."""
    return " ".join(unicodedata.normalize("NFC", name).split())


@dataclass(frozen=True)
class Name:
    """What a folder's name says.

    Args:
        role: a key of ``_ROLES``, or None.
        rest: the words that are neither a role nor say that photos are in it; keys.
        spelling: ``rest`` as it is written.
        is_helper: it lies beside photos: annotations, samples.
        is_container: it says no more than that photos are in it: images, data.
        is_bare: the role's word and nothing else.
    """

    role: str | None
    rest: str
    spelling: str
    is_helper: bool
    is_container: bool
    is_bare: bool


@lru_cache(1 << 16)
def parsed_name(name: str) -> Name:
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"hold[\W_]*out", "holdout", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", text)
    written = re.findall(r"[^\W\d_]+|\d+", text)
    roles, rest, nouns = [], [], 0
    for word in written:
        key = word.casefold()
        role = _role_of(key)
        if role:
            roles.append(role)
        elif key in _NOUNS:
            nouns += 1
        elif not (key.isdecimal() or key in _QUALIFIERS):
            rest.append(word)
    found = set(roles)
    role = "train" if found == {"train", "val"} else roles[0] if len(found) == 1 else None
    keys = [word.casefold() for word in rest]
    spelling = [word for word in written if not _role_of(word.casefold()) and word.casefold() not in _NOUNS]
    return Name(
        role,
        " ".join(keys),
        " ".join(spelling),
        bool(keys) and all(key in _HELPERS for key in keys),
        not keys and nouns > 0 and not roles,
        len(written) == 1 and bool(role),
    )


def _role_of(word: str) -> str | None:
    if word in _ROLE_OF:
        return _ROLE_OF[word]
    for noun in _NOUNS:  # trainset, testimages
        if word.endswith(noun) and word[: -len(noun)] in _ROLE_OF:
            return _ROLE_OF[word[: -len(noun)]]
    return None


def is_split_name(name: str) -> bool:
    """Whether a folder of this name is taken for a split and for no class."""
    parsed = parsed_name(name)
    return parsed.role is not None and not parsed.rest


def is_class_name(name: str) -> bool:
    """Whether a folder of this name is a class wherever it stands."""
    parsed = parsed_name(name)
    return not (is_split_name(name) or parsed.is_helper or parsed.is_container)


def is_container_name(name: str) -> bool:
    """Whether a name says no more than that photos are in it: images, data."""
    return parsed_name(name).is_container


def is_soft(name: str) -> bool:
    parsed = parsed_name(name)
    return parsed.is_helper or parsed.is_container


def splits_for(roles: Iterable[str]) -> dict[str, str]:
    """{role: split}: without "train", "dev" beside another validation is what one develops on."""
    roles = set(roles)
    places = {role: role for role in roles if role in SPLITS}
    if "dev" in roles:
        others = roles & {"val", "eval"}
        places["dev"] = "train" if "train" not in roles and others else "val"
    if "eval" in roles:
        places["eval"] = "test" if "val" in places.values() else "val"
    return places
