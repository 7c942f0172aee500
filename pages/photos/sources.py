"""The ways in: where photos come from, one way chosen, its fields below it."""

from dataclasses import replace

import streamlit as st

from core import config
from core.errors import PhotoError
from core.photos.dataset import Dataset
from core.photos.sources import origins, own, uploads
from core.workspace.rights import has_part
from pages import state
from pages.parts import problems, words
from pages.parts.fields import field, show_fault
from pages.parts.work import prepare_photos, readable
from pages.photos.class_choice import show_class_choice
from pages.photos.own_classes import show_own
from pages.photos.zip_drop import zip_drop
from pages.state import Memory

WAYS = {
    origins.DRAWN: "Drawn pets",
    origins.FOLDER: "Folder",
    origins.ZIP: "Zip",
    origins.MICROSOFT: "Microsoft archive",
    origins.OWN: "Own classes",
}
_MISSING = {
    origins.FOLDER: "Say where the folder is, for instance /home/you/pets. It holds one sub-folder a class.",
    origins.ZIP: "Drop a zip of photos first. It holds one sub-folder a class.",
    origins.OWN: "Add at least two classes first, with photos in each.",
}
OWN_PARTS = "split.", "photos."  # of the experiment, that this page sets
_LAYOUTS = "One sub-folder a class, or train/val/test folders, or a CSV of labels, or names like cat.0.jpg."


def show_source() -> None:
    """The ways, the fields of the one chosen, and how the photos are dealt and fitted."""
    visit = state.memory()
    label = WAYS[visit.way]
    start = state.started("photo_source", label, _choose_way, default=label)
    st.segmented_control("Where the photos come from", WAYS.values(), key="photo_source", required=True, **start)
    with st.container(key=f"way-{visit.way}"):
        {
            origins.DRAWN: _show_drawn,
            origins.FOLDER: _show_folder,
            origins.ZIP: _show_zip,
            origins.MICROSOFT: _show_microsoft,
            origins.OWN: show_own,
        }[visit.way](visit)
    if visit.way in _MISSING:
        show_class_choice(visit)
    with st.grid(6, min_column_width=140):
        for name in ("split.train", "split.val", "split.test", "split.seed", "split.source", "photos.fit"):
            field(name)
    show_fault(*OWN_PARTS)


def prepare(visit: Memory) -> None:
    """For the button: starts the job. Raises AppError: photos are missing, or settings do not work together."""
    if visit.way == origins.FOLDER and readable(visit) == ():
        raise PhotoError(
            "On this server, folders are taken from its administrator alone. Drop a zip of your photos, or ask for the folder to be prepared."
        )
    if visit.way in _MISSING and not visit.places.get(visit.way):
        raise PhotoError(_MISSING[visit.way])
    config.check(visit.draft)
    prepare_photos(visit, visit.draft)


def prepare_label(visit: Memory) -> str:
    """What the button does, in the words of the chosen way."""
    if visit.way == origins.MICROSOFT and not origins.has_microsoft():
        return "Download and prepare"
    return "Prepare these photos"


def use_dataset(visit: Memory, dataset: Dataset) -> None:
    """The draft's photos and split follow the photos in use, so that a training's settings say what it had."""
    way = origins.of_root(dataset.root).kind
    if way == origins.OWN and str(dataset.root) not in {str(one.folder) for one in own.mine(state.owner())}:
        return  # another browser's classes: what they prepared can be trained on, what they add is theirs
    if way == origins.FOLDER and not has_part(state.person(), dataset.owners):
        return  # where somebody else's folder lies is theirs to know
    if dataset.split and dataset.photos:
        visit.draft = replace(visit.draft, split=dataset.split, photos=dataset.photos)
    visit.use_source(way, str(dataset.root) if way in _MISSING else None)
    if dataset.photos:
        visit.use_classes(dataset.photos.classes)


def _choose_way(label: str) -> None:
    state.memory().use_source(next(way for way, known in WAYS.items() if known == label))


def _show_drawn(visit: Memory) -> None:
    st.caption("Cats and dogs that this app draws itself. Nothing is downloaded, and no two are alike.")
    with st.grid(3, min_column_width=170):
        field("photos.num_drawn")
        field("photos.drawn_size")
        field("photos.drawn_classes")


def _show_folder(visit: Memory) -> None:
    roots = readable(visit)
    if roots is not None:
        among = " or ".join(f"“{words.plain(str(root))}”" for root in roots)
        whose = f", or from below {among}" if roots else " alone"
        st.caption(f":material/lock: On this server, folders are taken from its administrator{whose}.")
        if not roots:
            st.caption("Bring photos of your own as a zip, or class by class.")
            return
    folder = visit.places.get(origins.FOLDER, "")
    st.text_input(
        "Folder on this computer",
        key="photo_folder",
        placeholder="/home/you/pets",
        help=config.setting("photos.source").help,
        **state.started("photo_folder", folder, _type_folder, value=folder),
    )
    with st.container():
        if folder:
            _show_if_wrong(folder)
    st.caption(f"{_LAYOUTS} Nothing in the folder is changed.")


def _show_if_wrong(folder: str) -> None:
    try:
        origins.check_place(folder)
    except PhotoError as error:
        problems.show(error)


def _type_folder(folder: str) -> None:
    state.memory().use_source(origins.FOLDER, folder.strip())


def _show_zip(visit: Memory) -> None:
    arrived = zip_drop("zip-drop")
    waiting = {str(one.path): one for one in uploads.mine(state.owner())}
    if arrived:  # a trigger says only that there is a new one; which are this browser's is known from the disk
        newest = next((path for path, one in waiting.items() if one.key == arrived), None)
        visit.use_source(origins.ZIP, newest or visit.places.get(origins.ZIP, ""))
    elif not visit.places.get(origins.ZIP) and waiting:
        visit.use_source(origins.ZIP, next(iter(waiting)))
    chosen = visit.places.get(origins.ZIP, "")
    with st.container():
        if len(waiting) > 1 and chosen in waiting:
            st.selectbox(
                "Zip",
                list(waiting),
                key="photo_zip",
                format_func=lambda path: f"{waiting[path].name} · {waiting[path].num_bytes / 1e6:,.1f} MB",
                **state.started("photo_zip", chosen, _choose_zip, index=list(waiting).index(chosen)),
            )
        elif chosen in waiting:
            size = f"{waiting[chosen].num_bytes / 1e6:,.1f} MB"
            name = words.plain(waiting[chosen].name)
            st.markdown(f"**{name}** ({size}) has arrived. Prepare it, or drop another.")
        elif chosen:
            name, said = origins.zip_name(chosen), "The zip is not here any more. Drop it again."
            if name:
                said = f"**{words.plain(name)}** is unpacked. Prepare it again after a change, or drop another zip."
            st.markdown(said)
    st.caption(f"{_LAYOUTS} The zip is unpacked on the server, and what it holds is checked photo by photo.")


def _choose_zip(path: str) -> None:
    state.memory().use_source(origins.ZIP, path)


def _show_microsoft(visit: Memory) -> None:
    archive = origins.microsoft()
    st.caption(
        f"25,000 photos of cats and dogs that people posted to find their pets a home. The archive ({archive.num_bytes / 1e6:.0f} MB) "
        "comes from Microsoft and is downloaded once; an interrupted download goes on where it stopped."
    )
    with st.container():
        if origins.has_microsoft():
            st.caption(":material/check: It has been downloaded to this computer.")
