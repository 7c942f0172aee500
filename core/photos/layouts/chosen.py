"""Which classes of a folder are used, and which of them are joined into one: a person's choice before preparing.

One text a class: ``beagle`` keeps it, ``cats/Bengal`` makes it one of “cats”; classes that are not named are left out, and nothing
named keeps all as they are. No class's name holds "/": folders and files cannot, and labels of tables are read without.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import PhotoError
from core.photos.layouts.layout import Layout
from core.photos.layouts.names import class_key, shown
from core.photos.layouts.words import some_of

MOST_LETTERS = 100  # of a joined class's name

Choice = tuple[str, ...]

_OXFORD_CATS = frozenset(
    (
        "abyssinian",
        "bengal",
        "birman",
        "bombay",
        "british shorthair",
        "egyptian mau",
        "maine coon",
        "persian",
        "ragdoll",
    )
    + ("russian blue", "siamese", "sphynx")
)


@dataclass(frozen=True)
class Suggestion:
    """A way to join classes that their names speak for.

    Args:
        joins: {name of the joined class: its classes}.
        reason: why, in words.
    """

    joins: dict[str, tuple[str, ...]]
    reason: str


def choice_of(joins: Mapping[str, Iterable[str]], only: Iterable[str], class_names: Sequence[str]) -> Choice:
    """The choice that joins these classes and keeps only those.

    Args:
        joins: {name of the joined class: its classes}.
        only: classes to keep, by their names after joining; empty for all.
        class_names: of the folder.

    Returns:
        In the order of ``class_names``; empty where everything stays as it is.

    Raises:
        PhotoError: a name that is none of a class, an empty one, or a class in two joined ones.
    """
    target: dict[str, str] = {}
    for name, members in joins.items():
        group = _group(name)
        members = list(members)
        if not members:
            raise PhotoError(f"“{group}” joins no class. Name the classes that it joins.")
        for member in members:
            key = class_key(_known(member, class_names))
            if target.setdefault(key, group) != group:
                raise PhotoError(
                    f"“{member}” is joined into “{target[key]}” and into “{group}”. Leave it in one of them."
                )
    after = {name: target.get(class_key(name), name) for name in class_names}
    named = {class_key(_known(name, [*after.values(), *class_names])) for name in only}
    wanted = {name: to for name, to in after.items() if not named or class_key(to) in named or class_key(name) in named}
    return _written(wanted, class_names)


def joins_of(choice: Choice) -> dict[str, str]:
    """{class of the folder: what it becomes}; itself, where it is kept as it is."""
    return {text.rsplit("/", 1)[-1]: text.split("/", 1)[0] for text in choice}


def becomes(choice: Choice, class_names: Sequence[str]) -> dict[str, str]:
    """{class of the folder: what it becomes}, of those that are used; all themselves where nothing is chosen.

    What the folder has not is left out: it may have changed since the choice.
    """
    if not choice:
        return {name: name for name in class_names}
    by_key = {class_key(name): group for name, group in joins_of(choice).items()}
    return {name: by_key[class_key(name)] for name in class_names if class_key(name) in by_key}


def joined(choice: Choice, class_names: Sequence[str], members: Iterable[str], name: str) -> Choice:
    """The choice in which classes, called as they are by now, become one. Raises PhotoError: the name is none, or there are none."""
    group, gone = _group(name), {class_key(member) for member in members}
    if not gone:
        raise PhotoError(f"“{group}” joins no class. Choose the classes that it joins.")
    now = becomes(choice, class_names)
    return _written({old: group if class_key(to) in gone else to for old, to in now.items()}, class_names)


def taken_apart(choice: Choice, class_names: Sequence[str], group: str) -> Choice:
    """The choice in which a joined class is again those that it joins."""
    now = becomes(choice, class_names)
    return _written({old: old if class_key(to) == class_key(group) else to for old, to in now.items()}, class_names)


def kept(choice: Choice, class_names: Sequence[str], wanted: Iterable[str]) -> Choice:
    """The choice that uses these classes alone, called as they are by now or, of those left out before, as in the folder; all, for none."""
    keys, now = {class_key(name) for name in wanted}, becomes(choice, class_names)
    after = {name: now.get(name, name) for name in class_names}
    return _written({old: to for old, to in after.items() if not keys or class_key(to) in keys}, class_names)


def _written(mapping: Mapping[str, str], class_names: Sequence[str]) -> Choice:
    if mapping == dict(zip(class_names, class_names, strict=True)):
        return ()
    return tuple(name if class_key(to) == class_key(name) else f"{to}/{name}" for name, to in mapping.items())


def applied(shape: Layout, choice: Choice, must_fit: bool = True) -> Layout:
    """A layout with the classes that are chosen; photos of the others become asides.

    Args:
        shape: as ``layout.read`` gives it.
        choice: empty for all as they are.
        must_fit: whether a class that the folder has not is an error; photos to test by need not have all. A class that is called
            as a joined one is then that one.

    Raises:
        PhotoError: a class that is chosen is not there, or a text is no choice.
    """
    if not choice or not shape.class_names:
        return shape
    target: dict[str, str] = {}
    for name, group in joins_of(choice).items():
        _group(group)
        key = class_key(_known(name, shape.class_names) if must_fit else name)
        if target.setdefault(key, group) != group:
            raise PhotoError(f"“{name}” is chosen twice, as “{target[key]}” and as “{group}”. Leave it in one of them.")
    if not must_fit:
        for group in list(target.values()):
            target.setdefault(class_key(group), group)
    spelling: dict[str, str] = {}
    for group in target.values():
        spelling.setdefault(class_key(group), shown(group))
    labels, asides = {}, dict(shape.asides)
    for path, (name, split) in shape.labels.items():
        group = target.get(class_key(name))
        if group is None:
            asides[path] = "Its class is not among those that were chosen."
        else:
            labels[path] = (spelling[class_key(group)], split)
    names = tuple(sorted({name for name, _ in labels.values()}))
    notes = (*shape.notes, *_in_words(shape.class_names, target, spelling))
    return replace(shape, class_names=names, labels=labels, asides=asides, notes=notes)


def suggestions(class_names: Sequence[str]) -> list[Suggestion]:
    """Ways to join classes, the most likely first; none where names speak for none."""
    found = []
    capital = [name for name in class_names if name[:1].isupper()]
    small = [name for name in class_names if name[:1].islower()]
    is_oxford = sum(_spaced(name) in _OXFORD_CATS for name in capital) * 2 > len(capital)
    if len(capital) > 1 and len(small) > 1 and len(capital) + len(small) == len(class_names) and is_oxford:
        found.append(
            Suggestion(
                {"cats": tuple(capital), "dogs": tuple(small)},
                "In Oxford's pets, breeds of cats begin with a capital letter and breeds of dogs with a small one.",
            )
        )
    first_words: dict[str, list[str]] = {}
    for name in class_names:
        words = _spaced(name).split()
        first_words.setdefault(words[0] if len(words) > 1 else "", []).append(name)
    if len(first_words) > 1 and all(word and len(members) > 1 for word, members in first_words.items()):
        found.append(
            Suggestion(
                {word: tuple(members) for word, members in first_words.items()},
                f"The names begin with the same words: {some_of(list(first_words), 4)}.",
            )
        )
    return found


def _spaced(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").casefold().split())


def _group(name: str) -> str:
    """The name of a joined class, as it is kept. Raises PhotoError."""
    group = shown(name)
    if not group or not group.isprintable() or len(group) > MOST_LETTERS or "/" in group:
        raise PhotoError(
            f"A joined class has a name of up to {MOST_LETTERS} letters without “/”; received “{name[:60]}”. Give it another."
        )
    return group


def _known(name: str, class_names: Sequence[str]) -> str:
    """The class of that name. Raises PhotoError: there is none; the nearest is named."""
    by_key = {class_key(known): known for known in class_names}
    if (key := class_key(name)) in by_key:
        return by_key[key]
    near = difflib.get_close_matches(key[:200], list(by_key)[:2000], n=1, cutoff=0.5)
    hint = f"Did you mean “{by_key[near[0]]}”?" if near else f"There are {some_of(list(class_names), 12)}."
    raise PhotoError(f"The folder has no class “{name[:100]}”. {hint}")


def _in_words(class_names: Sequence[str], target: Mapping[str, str], spelling: Mapping[str, str]) -> list[str]:
    """What was joined, and what was not chosen."""
    members: dict[str, list[str]] = {}
    left = []
    for name in class_names:
        group = target.get(class_key(name))
        if group is None:
            left.append(f"“{name}”")
        else:
            members.setdefault(spelling[class_key(group)], []).append(name)
    changed = {group: names for group, names in members.items() if [*map(class_key, names)] != [class_key(group)]}
    notes = [
        f"“{group}” joins {some_of([f'“{name}”' for name in names], 3)}."
        if len(names) > 1
        else f"“{names[0]}” becomes “{group}”."
        for group, names in changed.items()
    ]
    return [*notes, f"Not chosen: {some_of(left, 3)}."] if left else notes
