"""All photos of a data set, page by page, and one of them with everything that is known about it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.errors import AppError
from core.photos.checks.clean import CONVERT, IGNORE
from core.photos.checks.overrules import LEAVE_OUT, USE
from core.photos.checks.scan import ImageCheck
from core.photos.dataset import Dataset
from core.photos.files import pixels
from core.photos.layouts.names import SPLITS
from pages import state
from pages.parts import pictures, problems, words
from pages.photos.state import PhotosState
from pages.state.current import dataset_of

PHOTOS_A_PAGE = 24
MOST_LETTERS = 40  # of a name below its photo
SPLIT_WORDS = {"train": "Training", "val": "Validation", "test": "Test"}
ACTION_WORDS = {USE: "used", CONVERT: "converted and used", LEAVE_OUT: "left out", IGNORE: "ignored"}
EVERY, NO_ISSUE = "all", "nothing wrong"
OLD_DATASET = "These photos were prepared by an older version of the app. Prepare again to see what is known of each."

Act = Callable[[Dataset, str], None]


@dataclass(frozen=True)
class Photo:
    """One photo of the gallery.

    Args:
        path: relative to the data set's root.
        class_name, split: "" where it is in none.
        action: as in ``CleaningStep``.
        issues: all that hold, as words; none where nothing is wrong.
        reason: "" where nothing is wrong.
        check: what the scan measured; None for a data set of an older version.
    """

    path: str
    class_name: str
    split: str
    action: str
    issues: tuple[str, ...]
    reason: str
    check: ImageCheck | None

    @property
    def name(self) -> str:
        """The file's name, for the eye."""
        return words.printable(self.path.rsplit("/", 1)[-1])


def photos_of(dataset: Dataset) -> tuple[Photo, ...]:
    """Every photo that has pixels, used or not, by path; read again only when the data set was prepared anew."""
    files = [path for path in (dataset.folder / "scan.csv", dataset.facts_path) if path.is_file()]
    stamp = max((path.stat().st_mtime_ns for path in files), default=0)
    return _read(dataset.id, dataset.checksum, stamp)


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(dataset_id: str, checksum: str, stamp: int) -> tuple[Photo, ...]:
    dataset = dataset_of(dataset_id)
    facts, splits = dataset.facts(), {example.path: example.split for example in dataset.examples}
    photos = []
    for step in dataset.steps():
        check = facts.get(step.path)
        # what is not used is shown only if the scan has decoded it once, in a process of its own
        if step.path in splits or (check is not None and check.perceptual_hash):
            photos.append(
                Photo(
                    path=step.path,
                    class_name=step.class_name or "",
                    split=splits.get(step.path, ""),
                    action=step.action,
                    issues=tuple(map(str, step.issues)),
                    reason=step.reason,
                    check=check,
                )
            )
    return tuple(photos)


def show_gallery(dataset: Dataset, act: Act | None = None) -> None:
    """Filters, one page of photos, and on a press of a photo's name the dialog.

    Args:
        act: draws what can be done with a photo, given its path, in its dialog.
    """
    st.header("The photos")
    try:
        photos = photos_of(dataset)
    except AppError as error:
        problems.show(error)
        return
    chosen = _filtered(dataset, photos)
    st.caption(_what_is_here(dataset, photos, len(chosen)))
    if not chosen:
        st.caption("No photo is all of that at once. Choose less.")
        return
    num_pages, number = -(-len(chosen) // PHOTOS_A_PAGE), 1
    slot = st.container()
    if num_pages > 1:
        # a key that does not change with the filters would keep a page that the new choice may not have
        number = st.pagination(num_pages, key=f"gallery-page-{hash((dataset.id, len(chosen), chosen[0].path))}")
    first = (number - 1) * PHOTOS_A_PAGE
    own = state.of(PhotosState)
    opened = False
    with slot, st.grid(6, min_column_width=130, gap="small"):
        for place, photo in enumerate(chosen[first : first + PHOTOS_A_PAGE]):
            with st.container(gap=None):
                _show_small(dataset, photo)
                shown = words.short(photo.name, MOST_LETTERS)
                pressed = st.button(
                    words.plain(shown),
                    key=f"photo-{place}",
                    type="tertiary",
                    width="stretch",
                    # a hint takes the browser longer than the button: only where it says more
                    help=words.plain(photo.name) if shown != photo.name else None,
                )
                if pressed:
                    own.looked_at, opened = first + place, True
    if opened:
        _show_one(dataset, chosen, own, act)


def _what_is_here(dataset: Dataset, photos: tuple[Photo, ...], num_chosen: int) -> str:
    """Why there are fewer photos here than files were found."""
    actions = Counter(photo.action for photo in photos)
    inside = ", ".join(f"{actions[action]:,} {ACTION_WORDS[action]}" for action in ACTION_WORDS if actions[action])
    chosen = "" if num_chosen == len(photos) else f" {num_chosen:,} of them chosen."
    found = words.count(dataset.summary["found"], "file")
    press = " A press on a name shows all that is known of the photo."
    return f"{len(photos):,} of {found} found have a picture: {inside}.{chosen}{press}"


def _filtered(dataset: Dataset, photos: tuple[Photo, ...]) -> list[Photo]:
    issues = sorted({issue for photo in photos for issue in photo.issues})
    actions = sorted({photo.action for photo in photos}, key=(USE, CONVERT, LEAVE_OUT, IGNORE).index)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.segmented_control(
            "Split",
            (EVERY, *SPLITS),
            key="gallery_split",
            default=EVERY,
            required=True,
            format_func=lambda name: SPLIT_WORDS.get(name, "All"),
            persist_state="session",
        )
        # options are positions: two names may read the same, and one may read as a word of ours
        place = st.selectbox(
            "Class",
            range(-1, len(dataset.class_names)),
            key=f"gallery_class_{dataset.id}",
            width=220,
            format_func=lambda place: "all classes" if place < 0 else words.printable(dataset.class_names[place]),
        )
        action = issue = EVERY
        if len(actions) > 1:
            action = st.selectbox(
                "What happens",
                (EVERY, *actions),
                key=f"gallery_action_{dataset.id}",
                width=200,
                format_func=lambda one: ACTION_WORDS.get(one, "used or not"),
            )
        if issues:
            issue = st.selectbox(
                "Issue",
                (EVERY, NO_ISSUE, *issues),
                key=f"gallery_issue_{dataset.id}",
                width=220,
                format_func=lambda one: "with and without" if one == EVERY else one,
            )
    class_name = None if place < 0 else dataset.class_names[place]
    return [
        photo
        for photo in photos
        if split in (EVERY, photo.split)
        and (class_name is None or photo.class_name == class_name)
        and action in (EVERY, photo.action)
        and (issue == EVERY or (not photo.issues if issue == NO_ISSUE else issue in photo.issues))
    ]


def _show_small(dataset: Dataset, photo: Photo) -> None:
    picture = pictures.thumbnail(dataset.id, photo.path)
    if picture is None:
        st.caption("This file is gone. Prepare the folder again.")
    else:
        st.image(picture, width="stretch", alt=_in_words(photo))


def _in_words(photo: Photo) -> str:
    where = SPLIT_WORDS.get(photo.split) or ACTION_WORDS[photo.action]
    return ", ".join(part for part in (words.printable(photo.class_name), where, *photo.issues) if part)


@st.dialog("One photo", width="large", icon=":material/photo:", on_dismiss="rerun")
def _show_one(dataset: Dataset, chosen: list[Photo], own: PhotosState, act: Act | None) -> None:
    at = min(own.looked_at, len(chosen) - 1)
    photo = chosen[at]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            key="photo-before",
            shortcut="Left",
            disabled=at == 0,
            on_click=setattr,
            args=(own, "looked_at", at - 1),
        )
        st.caption(f"{at + 1:,} of {len(chosen):,}")
        st.button(
            "Next",
            icon=":material/chevron_right:",
            key="photo-after",
            shortcut="Right",
            disabled=at + 1 == len(chosen),
            on_click=setattr,
            args=(own, "looked_at", at + 1),
        )
    draft = state.draft()
    size, fit, channels = draft.network.input_size, draft.photos.fit, draft.network.input_channels
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picture = pictures.large(dataset.id, photo.path)
        if picture is None:
            st.caption("This file is gone. Prepare the folder again.")
        else:
            st.image(pictures.inline(picture.data), width=picture.width, alt=f"{photo.name}: {_in_words(photo)}")
        if photo.check is None:
            st.caption(OLD_DATASET)
        if act is not None:  # beside what is known: below it, it would lie under a laptop's edge
            act(dataset, photo.path)
    with right:
        squared = pictures.seen(dataset.id, photo.path, size, fit, channels)
        if squared:
            st.image(pictures.inline(squared), width=min(size, 224), alt=f"{photo.name} as the network sees it")
            st.caption(f"What the network sees: {size} × {size} pixels")
        facts = _facts(photo)
        st.table(
            {"What": [name for name, _ in facts], "Known": [words.plain(value) for _, value in facts]},
            hide_index=True,
            hide_header=True,
            border="horizontal",
            alt="; ".join(f"{name}: {value}" for name, value in facts),
        )
        if photo.check and photo.check.twin:
            twin = pictures.thumbnail(dataset.id, photo.check.twin)
            if twin:
                st.image(
                    twin, width=pictures.width_within(twin, 140), alt=f"Its twin {words.printable(photo.check.twin)}"
                )
            st.caption(f"Its twin: {words.plain(photo.check.twin)}")


def _facts(photo: Photo) -> list[tuple[str, str]]:
    """(what, value) of all that is known, as text that holds no markup."""
    check = photo.check
    rows = [
        ("File", photo.path),
        ("Class", photo.class_name or "none"),
        ("Split", SPLIT_WORDS.get(photo.split, "none")),
        ("What happens", ACTION_WORDS[photo.action]),
        ("Issue", ", ".join(photo.issues) or "none"),
        ("Why", photo.reason),
    ]
    if check is not None:
        rows += [
            ("Format", f"{pixels.NAMES.get(check.format, check.format)}, {check.mode}"),
            ("Size", f"{check.width:,} × {check.height:,} pixels (width × height), {check.num_bytes:,} bytes"),
            ("Brightness", f"{check.brightness:.0f} of 255, the mean grey level"),
            ("Contrast", f"{check.contrast:.0f} grey levels, the standard deviation"),
            ("Sharpness", f"{check.sharpness:.3f}"),
            ("Twin", check.twin),
            ("SHA-256", _grouped(check.sha256)),
            ("Perceptual hash", _grouped(check.perceptual_hash)),
        ]
    return [(name, words.printable(value)) for name, value in rows if value]


def _grouped(digits: str) -> str:
    """Sixteen digits at a time, so that a line can break."""
    return " ".join(digits[start : start + 16] for start in range(0, len(digits), 16))
