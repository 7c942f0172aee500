"""What the workspace takes of the disk, and a way to clear what can be made again."""

from collections.abc import Callable, Iterable

import streamlit as st

from core.errors import PhotoError
from core.photos import disk
from core.photos.disk import DatasetDisk, FolderDisk
from core.workspace.rights import Person, has_admin, is_admin, may_change
from pages import state
from pages.parts import problems, words
from pages.parts.dialogs import ask_whether
from pages.state import Memory

LOOK_SECONDS = 20.0  # how long what was counted is shown again: naming every file of 25,000 takes a while


def may_clear(visit: Memory, owners: Iterable[str] = ()) -> bool:
    """Whether what these have made may be cleared here: their own data sets by their own, the rest by the administrator or, where
    there is none, by everybody."""
    return may_change(Person(state.owner(), is_admin(visit.admin_key)), owners)


@st.cache_data(ttl=LOOK_SECONDS, max_entries=1, show_spinner=False)
def _look() -> disk.Disk:
    return disk.look()


def show_disk() -> None:
    """A table of what is there, and buttons where something can go."""
    expander = st.expander("Disk used", icon=":material/hard_drive:", on_change="rerun", key="disk")
    if not expander.open:
        return
    visit = state.memory()
    with expander:
        found = _look()
        st.markdown(f"**{_size(found.total_bytes)}** are used here; {_size(found.free_bytes)} of the disk are free.")
        if not found.datasets and not found.folders:
            st.caption("Nothing has been prepared yet.")
            return
        rows = [_of_dataset(one) for one in found.datasets] + [_of_folder(one) for one in found.folders]
        alt = f"What {len(rows)} things in the workspace take of the disk"
        st.dataframe({name: [row[name] for row in rows] for name in rows[0]}, hide_index=True, alt=alt)
        _show_buttons(found, visit)


def _show_buttons(found: disk.Disk, visit: Memory) -> None:
    sets = {one.id: one for one in found.datasets if not one.busy and may_clear(visit, one.owners)}
    folders = {one.id: one for one in found.folders if one.id and not one.kept and may_clear(visit)}
    others = not may_clear(visit) or any(not may_clear(visit, one.owners) for one in found.datasets)
    with st.container():
        if others:
            keeper = "Only the administrator clears" if has_admin() else "Nobody clears here"
            st.caption(f":material/lock: {keeper} what others have prepared, or have trained on.")
    if not sets and not folders:
        if not others:
            st.caption("Everything here is in use or kept.")
        return
    names = {key: one.name for key, one in sets.items()} | {key: one.title for key, one in folders.items()}
    chosen = st.selectbox(
        "To clear", list(names), key="disk-chosen", format_func=lambda key: f"{words.printable(names[key])} · {key}"
    )
    problems.show_said("disk-chosen")
    with st.container(horizontal=True):
        if chosen in sets:
            one = sets[chosen]
            if st.button("Clear its pixels", icon=":material/mop:", key="clear-pixels", disabled=not one.cache_bytes):
                _confirm_pixels(one, visit)
            if st.button("Remove the data set", icon=":material/delete:", key="clear-set"):
                _confirm_set(one, visit)
        elif st.button("Clear it", icon=":material/delete:", key="clear-folder"):
            _confirm_folder(folders[chosen], visit)


@st.dialog("Clear the pixels?", icon=":material/mop:")
def _confirm_pixels(one: DatasetDisk, visit: Memory) -> None:
    st.markdown(
        f"{_size(one.cache_bytes)} of **{words.plain(one.name)}** become free. The next training on it first reads every "
        "photo again to make them; the photos must still be where they were."
    )
    _answer(visit, disk.clear_caches, one.id)


@st.dialog("Remove this data set?", icon=":material/delete:")
def _confirm_set(one: DatasetDisk, visit: Memory) -> None:
    st.markdown(
        f"{_size(one.cache_bytes + one.files_bytes)} of **{words.plain(one.name)}** become free. The photos themselves stay. "
        "To train on them again they must be prepared again."
    )
    if one.runs:
        st.warning(
            f"{words.count(len(one.runs), 'run')} learned from it. They keep their results and still classify, but cannot go on "
            "or be trained longer until the same photos are prepared again.",
            icon=":material/warning:",
        )
    _answer(visit, disk.clear_dataset, one.id)


@st.dialog("Clear this?", icon=":material/delete:")
def _confirm_folder(one: FolderDisk, visit: Memory) -> None:
    st.markdown(f"{_size(one.num_bytes)} become free: **{words.plain(one.title)}**. {_COSTS[one.id.split('/')[0]]}")
    _answer(visit, disk.clear_folder, one.id)


_COSTS = {
    "drawn": "The same pets can be drawn again.",
    "unpacked": "To use these photos again, the zip has to be dropped in again or the archive fetched again.",
    disk.DOWNLOADS: "The next download begins anew.",
    disk.SCANS: "The next scan of a folder looks at every photo again.",
}


def _answer(visit: Memory, clear: Callable[[str], int], item: str) -> None:
    ask_whether("clear", "Clear", "Keep", _clear, visit, clear, item)


def _clear(visit: Memory, clear: Callable[[str], int], item: str) -> None:
    with visit.trying("disk-chosen"):
        owners = () if clear is disk.clear_folder else disk.owners_of(item)
        if not may_clear(visit, owners):
            raise PhotoError("What others have prepared or trained on is not yours to clear. The administrator may.")
        clear(item)
    _look.clear()


def _of_dataset(one: DatasetDisk) -> dict[str, str]:
    pixels = _size(one.cache_bytes) if one.cache_bytes else ""
    return _row(one.name, _size(one.cache_bytes + one.files_bytes), pixels, one.busy)


def _of_folder(one: FolderDisk) -> dict[str, str]:
    return _row(one.title, _size(one.num_bytes), "", one.kept)


def _row(name: str, size: str, pixels: str, why: str) -> dict[str, str]:
    return {"What": words.printable(name), "Size": size, "Of that pixels": pixels, "Why it stays": words.printable(why)}


def _size(num_bytes: int) -> str:
    if num_bytes >= 1e9:
        return f"{num_bytes / 1e9:.1f}{words.NO_BREAK}GB"
    return f"{num_bytes / 1e6:,.1f}{words.NO_BREAK}MB"
