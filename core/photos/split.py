"""Deals photos to train, val and test: the same share of every class, the same deal for the same seed.

A photo's place follows from its bytes and the seed, not from its name or position in the folder, so renaming changes
nothing. Photos that come later leave those that were dealt before where they are, or a test photo of yesterday would be a
training photo today; newcomers fill what each split still lacks.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.config import SplitConfig
from core.errors import PhotoError
from core.photos.checks.clean import IGNORE, CleaningPlan, CleaningStep
from core.photos.checks.overrules import LEAVE_OUT
from core.photos.layouts.names import MIN_PHOTOS_PER_CLASS, SPLITS
from core.photos.sources import walk as sources
from core.text import listed


@dataclass(frozen=True, slots=True)
class Example:
    """A photo with its label.

    Args:
        path: relative to the data set's root, with "/".
        class_name, class_index: index into the sorted class names.
        split: "train", "val" or "test".
        sha256: of the file's bytes when it was scanned.
    """

    path: str
    class_name: str
    class_index: int
    split: str
    sha256: str = ""


@dataclass(frozen=True)
class Deal:
    """Who went where.

    Args:
        examples: by split, class and path.
        notes: sentences for the person about what was not as asked.
        left_out: {path: why} of usable photos that no split can take without a copy of theirs lying in another.
    """

    examples: tuple[Example, ...]
    notes: tuple[str, ...]
    left_out: dict[str, str] = field(default_factory=dict)


def assign(plan: CleaningPlan, config: SplitConfig, known: Mapping[str, str] | None = None) -> Deal:
    """Deals the usable photos of a plan.

    Near-duplicates (one ``group``) share a split. A train/val/test layout is kept where ``config.source`` is "given"; the
    shares of splits that it lacks are taken from its train photos, or, without any, from those for validation, or the test.

    Photos that were dealt before stay. A newcomer goes to the split of its copies; if they lie in two, it joins what must
    stay apart and is left out. Fractions are of all photos, old and new. Numbers a class are what they say: a split that
    has its number takes no newcomer, so a folder that grows needs fractions, or larger numbers, which are another deal.
    If so many photos are gone that a split has none of a class, everything is dealt anew, and a note says so.

    Args:
        plan: from ``clean.plan``.
        config: fractions, or numbers of photos a class.
        known: {sha256: split} of photos that were dealt before with the same config.

    Raises:
        PhotoError: no photos, no classes, one class, or too few photos in a class.
    """
    _check_classes(plan, config)
    dealt = _dealt(plan, config, known or {})
    index_of = {name: index for index, name in enumerate(plan.class_names)}
    examples = [
        Example(photo.path, photo.label, index_of[photo.label], dealt.split_of[photo.path], photo.sha256)
        for photo in plan.kept
        if photo.path in dealt.split_of
    ]
    examples.sort(key=lambda example: (SPLITS.index(example.split), example.class_index, example.path))
    return Deal(tuple(examples), dealt.notes, dealt.left_out)


def describe(plan: CleaningPlan, config: SplitConfig) -> str:
    """How a folder is read: its classes with their usable photos, what becomes of its splits, and what one would not expect."""
    counts = Counter(step.class_name for step in plan.kept)
    if not plan.class_names:
        return " ".join(["Read as: no classes.", *plan.notes])
    named = [f"{name} ({counts[name]:,})" for name in plan.class_names[:_NUM_NAMED]]
    if len(plan.class_names) > _NUM_NAMED:
        rest = sum(counts[name] for name in plan.class_names[_NUM_NAMED:])
        named.append(f"{len(plan.class_names) - _NUM_NAMED:,} more ({rest:,})")
    number = len(plan.class_names)
    kinds = "class" if number == 1 else "classes"
    parts = [f"Read as: {f'{plan.basis}, {number:,} {kinds}:' if plan.basis else kinds} {', '.join(named)}"]
    given = _given(plan)
    if given and config.source == "given":
        parts.append(f"{_words(given)} as given")
        if missing := [split for split in SPLITS if split not in given]:
            parts[-1] += f", {_words(missing)} taken from {SPLIT_WORDS[_pool(given)]}"
    elif given:
        parts.append(f"its own folders of splits ({_words(given)}) are not kept, because a random split is chosen")
    return " ".join(["; ".join(parts) + ".", *plan.notes])


def describe_ignored(plan: CleaningPlan) -> str:
    """What was ignored, by reason and ending; "" if nothing was. No file is named but a single one without an ending."""
    endings: dict[str, Counter] = defaultdict(Counter)
    last: dict[str, str] = {}
    for step in plan.steps:
        if step.action == IGNORE:
            ending = sources.extension_of(step.path)
            endings[step.reason][f".{ending}" if ending else "without an ending"] += 1
            last[step.reason] = step.path
    if not endings:
        return ""
    kinds = sorted(endings.items(), key=lambda item: -sum(item[1].values()))
    parts = []
    for reason, counted in kinds[:_NUM_KINDS]:
        if counted == {"without an ending": 1}:  # a folder or a link
            parts.append(f"“{last[reason]}” ({reason.rstrip('.')})")
            continue
        files = [f"{number:,} {ending}" for ending, number in counted.most_common(_NUM_KINDS)]
        if len(counted) > _NUM_KINDS:
            files.append(f"{sum(counted.values()) - sum(n for _, n in counted.most_common(_NUM_KINDS)):,} others")
        parts.append(f"{', '.join(files)} ({reason.rstrip('.')})")
    if len(kinds) > _NUM_KINDS:
        parts.append(f"{sum(sum(counted.values()) for _, counted in kinds[_NUM_KINDS:]):,} for other reasons")
    return f"Ignored: {'; '.join(parts)}."


SPLIT_WORDS = {"train": "train", "val": "validation", "test": "test"}
_NUM_NAMED = 12  # classes in a sentence
_NUM_KINDS = 6  # reasons, and endings of each


def _words(splits: Sequence[str]) -> str:
    return listed([SPLIT_WORDS[split] for split in splits])


def _given(plan: CleaningPlan) -> list[str]:
    """The splits of the folder's own that have photos."""
    found = {step.split for step in plan.kept} if plan.layout == "splits" else set()
    return [split for split in SPLITS if split in found]


def _pool(given: Sequence[str]) -> str:
    """The split that lends photos to those that a folder lacks."""
    return next(split for split in SPLITS if split in given)


def _check_classes(plan: CleaningPlan, config: SplitConfig) -> None:
    counts = plan.counts()
    because = " ".join(part for part in ("", *plan.notes, describe_ignored(plan)) if part or part == "").rstrip()
    if counts["found"] == counts["ignored"] and not plan.class_names:
        raise PhotoError(
            f"A data set needs photos; this folder has none. Put in one folder of photos for each class, or choose another folder.{because}"
        )
    if plan.layout == "none":
        raise PhotoError(
            "A data set needs classes; this folder has photos but nothing that says what they show. Put them into one "
            f"sub-folder a class (cats, dogs), or name them as Kaggle does (cat.0.jpg, dog.0.jpg).{because}"
        )
    because = " ".join(
        part for part in ("", describe(plan, config), describe_ignored(plan)) if part or part == ""
    ).rstrip()
    per_class = _by_class(plan.kept, plan.class_names)
    if len(plan.class_names) < 2:
        name = next(iter(plan.class_names))
        raise PhotoError(
            f"Telling apart needs at least two classes; this folder has one, “{name}”, with "
            f"{_photos(len(per_class[name]))}. Add a folder with photos of something else.{because}"
        )
    for name, steps in per_class.items():
        if len(steps) < MIN_PHOTOS_PER_CLASS:
            lost = sum(step.action == "leave out" and step.class_name == name for step in plan.steps)
            left_out = f" ({lost:,} more cannot be used)" if lost else ""
            raise PhotoError(
                f"Every class needs at least {MIN_PHOTOS_PER_CLASS} photos; “{name}” has {len(steps)}{left_out}. "
                f"Add photos to it, or take its folder away.{because}"
            )


def _shares(config: SplitConfig, names: Sequence[str]) -> dict[str, float]:
    return {name: getattr(config, name) for name in names}


def _by_class(steps: Sequence[CleaningStep], class_names: Sequence[str]) -> dict[str, list[CleaningStep]]:
    per_class: dict[str, list[CleaningStep]] = {name: [] for name in class_names}
    for step in steps:
        per_class[step.label].append(step)
    return per_class


@dataclass(frozen=True)
class _Dealt:
    """Who goes where, while it is being decided.

    Args:
        split_of: {path: split}; photos beyond the numbers asked for are in none.
        notes, left_out: as in ``Deal``.
    """

    split_of: dict[str, str]
    notes: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Group:
    """Photos that share a split: near-duplicates of one another, or one photo alone."""

    name: str
    photos: list[CleaningStep]

    def draw(self, seed: int) -> bytes:
        """Its place in the order of dealing: it follows from the seed and the photos' bytes."""
        return min(hashlib.sha256(f"{seed} {photo.sha256}".encode()).digest() for photo in self.photos)


def _dealt(plan: CleaningPlan, config: SplitConfig, known: Mapping[str, str]) -> _Dealt:
    if plan.layout == "splits" and config.source == "given":
        return _as_given(plan, config, known)
    return _at_random(plan.kept, plan.class_names, _shares(config, SPLITS), config.seed, known)


def _at_random(
    photos: Sequence[CleaningStep],
    class_names: Sequence[str],
    shares: dict[str, float],
    seed: int,
    known: Mapping[str, str],
) -> _Dealt:
    """Photos that are known stay where they were; if that leaves a split without photos of a class, all are dealt anew."""
    settled = {photo.path: known[photo.sha256] for photo in photos if known.get(photo.sha256) in shares}
    torn = _between_splits(photos, settled)
    try:
        dealt = _deal([photo for photo in photos if photo.path not in torn], class_names, shares, seed, settled)
        return replace(dealt, left_out=torn)
    except PhotoError:
        if not settled:
            raise
    anew = _deal(photos, class_names, shares, seed, {})
    note = "So many photos are gone that a split would have had none of a class. All were dealt anew."
    return replace(anew, notes=(note, *anew.notes))


def _between_splits(photos: Sequence[CleaningStep], settled: dict[str, str]) -> dict[str, str]:
    """{path: why it stays out} of newcomers whose copies were dealt to two splits."""
    splits_of_group: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        if photo.group and photo.path in settled:
            splits_of_group[photo.group].add(settled[photo.path])
    return {
        photo.path: f"Copies of it are in {listed(sorted(splits_of_group[photo.group], key=SPLITS.index))}; wherever it went, "
        "it would let one split know pictures of another. So it stays out."
        for photo in photos
        if photo.path not in settled and len(splits_of_group.get(photo.group, ())) > 1
    }


def _deal(
    photos: Sequence[CleaningStep],
    class_names: Sequence[str],
    shares: dict[str, float],
    seed: int,
    settled: Mapping[str, str],
) -> _Dealt:
    """Deals each class by itself: its groups in the order that the seed draws, each to the first split with room for the whole of it.

    Args:
        photos: to be dealt, those settled included.
        shares: of the splits, as fractions or as photos of each class.
        settled: {path: split} of photos that stay where they are.

    Raises:
        PhotoError: a split stays without photos of a class, or a class has fewer than the numbers asked for.
    """
    split_of, num_beyond = dict(settled), 0
    split_of_group = {photo.group: settled[photo.path] for photo in photos if photo.group and photo.path in settled}
    for name, members in _by_class(photos, class_names).items():
        for photo in members:  # an old photo's copy, or, of a picture used under two class names, the other label
            if photo.group in split_of_group:
                split_of.setdefault(photo.path, split_of_group[photo.group])
        newcomers = [photo for photo in members if photo.path not in split_of]
        taken = Counter(split_of[photo.path] for photo in members if photo.path in split_of)
        room = _free(_quotas(name, len(members), shares), taken, len(newcomers))
        for group in sorted(_grouped(newcomers), key=lambda group: group.draw(seed)):
            split = _split_with_room(room, len(group.photos), is_elastic=max(shares.values()) <= 1)
            if split is None:
                num_beyond += len(group.photos)
                continue
            room[split] -= len(group.photos)
            split_of_group[group.name] = split
            split_of |= {photo.path: split for photo in group.photos}
        _check_filled(name, shares, {split_of[photo.path] for photo in members if photo.path in split_of})
    if not num_beyond:
        return _Dealt(split_of)
    are = "is" if num_beyond == 1 else "are"
    return _Dealt(split_of, (f"{_photos(num_beyond)} beyond the shares asked for {are} in no split.",))


def _grouped(photos: Iterable[CleaningStep]) -> list[_Group]:
    """Groups in the order of their first photos."""
    groups: dict[str, _Group] = {}
    for photo in photos:
        name = photo.group or f"{photo.sha256} {photo.path}"
        groups.setdefault(name, _Group(name, [])).photos.append(photo)
    return list(groups.values())


def _split_with_room(room: dict[str, int], num_photos: int, is_elastic: bool) -> str | None:
    """The first split with room for so many. Where shares are fractions, else the roomiest that has any: they come out a little uneven."""
    for split, left in room.items():
        if left >= num_photos:
            return split
    roomiest = max(room, key=lambda split: room[split])
    return roomiest if is_elastic and room[roomiest] > 0 else None


def _check_filled(name: str, shares: dict[str, float], filled: set[str]) -> None:
    empty = [split for split in shares if split not in filled]
    if empty:
        raise PhotoError(
            f"“{name}” has too few different photos for {listed(shares)}: copies of one picture share a split, and "
            f"none is left for {listed(empty)}. Add other photos to it."
        )


def _free(quotas: dict[str, int], settled: Mapping[str, int], newcomers: int) -> dict[str, int]:
    """What each split still lacks. Where one has too many already, the others share what that leaves them, evenly."""
    lacking = {split: max(0, quota - settled[split]) for split, quota in quotas.items()}
    total = sum(lacking.values())
    if not settled or total <= newcomers:
        return lacking
    exact = {split: number * newcomers / total for split, number in lacking.items()}
    free = {split: int(number) for split, number in exact.items()}
    for split in sorted(free, key=lambda split: free[split] - exact[split])[: newcomers - sum(free.values())]:
        free[split] += 1
    return free


def _torn(photos: Sequence[CleaningStep]) -> dict[str, str]:
    """{path: why it stays out} of copies that a person wants used although the folder has their twins in another split."""
    splits_of_group: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        if photo.group and photo.rule != LEAVE_OUT:
            splits_of_group[photo.group].add(_given_split(photo))
    reasons: dict[str, str] = {}
    for photo in photos:
        if not photo.group or photo.rule != LEAVE_OUT:
            continue
        splits, own = splits_of_group[photo.group], _given_split(photo)
        if others := splits - {own}:
            reasons[photo.path] = (
                f"You chose to use it, but the folder has it in {own} and its copy in {listed(sorted(others))}. So it stays out."
            )
        else:
            splits.add(own)
    return reasons


def _quotas(class_name: str, available: int, shares: dict[str, float]) -> dict[str, int]:
    """How many photos of a class each split gets: numbers as they are, fractions by largest remainder, none empty."""
    if max(shares.values()) > 1:
        wanted = {split: int(number) for split, number in shares.items()}
        if sum(wanted.values()) > available:
            sums = " + ".join(f"{number:,}" for number in wanted.values())
            raise PhotoError(
                f"{sums} = {sum(wanted.values()):,} photos of each class are asked for; “{class_name}” has "
                f"{available:,} that can be used. Lower the numbers, use fractions, or add photos."
            )
        return wanted
    total = min(available, round(available * sum(shares.values())))
    total = max(total, len(shares))
    exact = {split: available * share for split, share in shares.items()}
    quotas = {split: max(1, int(number)) for split, number in exact.items()}
    while sum(quotas.values()) > total:
        quotas[max((s for s in quotas if quotas[s] > 1), key=lambda split: quotas[split] - exact[split])] -= 1
    while sum(quotas.values()) < total:
        quotas[max(quotas, key=lambda split: exact[split] - quotas[split])] += 1
    return quotas


def _as_given(plan: CleaningPlan, config: SplitConfig, known: Mapping[str, str]) -> _Dealt:
    """The folder's own splits; those that it lacks are dealt from the pool, the split that lends them photos."""
    left_out = _torn(plan.kept)
    photos = [photo for photo in plan.kept if photo.path not in left_out]
    split_of = {photo.path: _given_split(photo) for photo in photos}
    notes: list[str] = []
    present = _given(plan)
    missing = [split for split in SPLITS if split not in present]
    if missing:
        pool = _pool(present)
        lent = [photo for photo in photos if photo.split == pool]
        asked = _shares(config, [split for split in SPLITS if split == pool or split in missing])
        whole = sum(asked.values())  # all photos of the pool are dealt, in the proportion that was asked for
        shares = {split: share / whole for split, share in asked.items()}
        dealt = _at_random(lent, plan.class_names, shares, config.seed, known)
        for photo in lent:
            del split_of[photo.path]
        split_of |= dealt.split_of
        left_out |= dealt.left_out
        lacking = " or ".join(SPLIT_WORDS[split] for split in missing)
        notes.append(f"The folder has no {lacking} photos; they were taken from its {SPLIT_WORDS[pool]} photos.")
        notes += dealt.notes
    _check_complete(plan, config, split_of, photos)
    return _Dealt(split_of, (*notes, *_leaks(plan, split_of)), left_out)


def _given_split(photo: CleaningStep) -> str:
    """Where the folder has it. Raises ValueError for a photo of a layout without splits."""
    if photo.split is None:
        raise ValueError(f"“{photo.path}” is in no split")
    return photo.split


def _check_complete(
    plan: CleaningPlan, config: SplitConfig, split_of: Mapping[str, str], photos: Iterable[CleaningStep]
) -> None:
    filled = {(split_of[photo.path], photo.class_name) for photo in photos if photo.path in split_of}
    for split in SPLITS:
        for name in plan.class_names:
            if (split, name) not in filled:
                raise PhotoError(
                    f"Every split needs photos of every class; {SPLIT_WORDS[split]} has none of “{name}”. Add some, or choose a "
                    f"random split. {describe(plan, config)}"
                )


def _leaks(plan: CleaningPlan, places: Mapping[str, str]) -> list[str]:
    groups: dict[str, list[CleaningStep]] = defaultdict(list)
    for step in plan.kept:
        if step.group and step.path in places:
            groups[step.group].append(step)
    torn = [group for group in groups.values() if len({places[step.path] for step in group}) > 1]
    if not torn:
        return []
    example = " and ".join(f"“{step.path}”" for step in torn[0][:2])
    what = "1 picture has copies" if len(torn) == 1 else f"{len(torn):,} pictures have copies"
    return [f"{what} in more than one split ({example}); the split was kept as the folder gives it."]


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count:,} photos"
