"""Classes of one's own things: photos dropped by hand or taken with the camera, class by class."""

from pathlib import Path

import streamlit as st

from core.errors import PhotoError
from core.photos.files.decode import PHOTO_EXTENSIONS, decode
from core.photos.files.pixels import fit_image
from core.photos.layouts.names import MIN_PHOTOS_PER_CLASS
from core.photos.sources import origins, own
from core.photos.sources.own import OwnSet
from pages import state
from pages.parts import pictures, problems, words
from pages.photos.state import PhotosState
from pages.state import Memory

NUM_SHOWN = 12
MOST_AT_ONCE = 200
_CAMERA = ":camera"  # no class is called so
_SIDE = 88  # pixels of a small picture; three stand side by side on a phone


def show_own(visit: Memory) -> None:
    """The classes of this browser's set, and places to add photos to them."""
    sets = {str(one.folder): one for one in own.mine(state.owner())}
    chosen = sets.get(visit.places.get(origins.OWN, "")) or next(iter(sets.values()), None)
    source = str(chosen.folder) if chosen else ""  # never another browser's
    if visit.places.get(origins.OWN, "") != source:
        visit.use_source(origins.OWN, source)
    st.caption(
        "Name two classes or more, for instance cups and bottles, and drop photos of each. At least "
        f"{MIN_PHOTOS_PER_CLASS} photos a class; 50 give a fair first try. They stay here, and you can add more later. Only you see them "
        "until you prepare them; what is prepared can be seen by all who use this server."
    )
    with st.container():
        if len(sets) > 1:
            st.selectbox(
                "Set of classes",
                list(sets),
                key="own-set",
                format_func=lambda path: f"{sets[path].name}: {', '.join(sets[path].photos) or 'no classes yet'}",
                **state.started("own-set", source, _choose_set, index=list(sets).index(source)),
            )
    _show_new_class(visit, chosen)
    photos = chosen.photos if chosen else {}
    with st.grid(2, min_column_width=340):
        if chosen is not None:
            for number, (class_name, files) in enumerate(photos.items()):
                with st.container(border=True, key=f"own-class-{number}"):
                    _show_class(visit, chosen, class_name, files)
    with st.container():
        if chosen is not None and photos:
            _show_camera(visit, chosen, list(photos))
            problems.show_said("own-another")
            st.button(
                "Begin another set",
                icon=":material/add:",
                type="tertiary",
                key="own-another",
                on_click=_begin_set,
                args=(visit, state.owner(), len(sets) + 1),
            )


def _choose_set(path: str) -> None:
    state.memory().use_source(origins.OWN, path)


def _begin_set(visit: Memory, owner: str, number: int) -> None:
    with visit.trying("own-another"):
        visit.use_source(origins.OWN, str(own.create(owner, f"My classes {number}").folder))


def _show_new_class(visit: Memory, chosen: OwnSet | None) -> None:
    row = st.form("own-new-class", clear_on_submit=True, border=False)
    with row, st.container(horizontal=True, vertical_alignment="bottom"):
        most = own.MAX_LETTERS
        name = st.text_input("New class", key="own-class-name", max_chars=most, placeholder="cups", width=320)
        add = st.form_submit_button("Add class", icon=":material/add:", key="own-add-class")
    problems.show_said("own-class-name")
    if add:
        with visit.trying("own-class-name"):
            chosen = chosen or own.create(state.owner())
            own.add_class(chosen, name)
            visit.use_source(origins.OWN, str(chosen.folder))
        state.redraw()


def _show_class(visit: Memory, chosen: OwnSet, class_name: str, files: list[str]) -> None:
    key = f"{chosen.id}-{class_name}"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{words.plain(class_name)}** · {words.count(len(files), 'photo')}")
        with st.popover("Remove", icon=":material/delete:", key=f"own-remove-{key}", type="tertiary"):
            st.markdown(
                f"Removes the class and its {words.count(len(files), 'photo')}. What was prepared before can then not be prepared again."
            )
            st.button(
                "Remove class", key=f"own-remove-yes-{key}", on_click=_remove_class, args=(visit, chosen, class_name)
            )
    # a new key empties the place once its photos are kept
    turns = state.of(PhotosState).turns
    turn = turns.get(key, 0)
    uploads = st.file_uploader(
        f"Drop photos of {words.plain(class_name)}",
        type=list(PHOTO_EXTENSIONS),
        accept_multiple_files=True,
        key=f"own-drop-{key}-{turn}",
        help=f"Up to {MOST_AT_ONCE} at a time; for hundreds, a zip is quicker.",
    )
    problems.show_said(_place(class_name))
    if uploads:
        turns[key] = turn + 1
        _add(visit, chosen, class_name, [(upload.name, upload.getvalue()) for upload in uploads])
        state.redraw()
    with st.container(horizontal=True, gap="small"):
        for name in files[:NUM_SHOWN]:
            picture = _thumbnail(chosen.id, str(chosen.folder / class_name / name))
            with st.container(width=_SIDE, gap="xxsmall"):
                if picture:
                    st.image(picture, width=_SIDE, alt=f"A photo of {class_name}")
                st.button(
                    "Remove",
                    key=f"own-photo-{key}-{name}",
                    type="tertiary",
                    on_click=_remove_photo,
                    args=(visit, chosen, class_name, name),
                )
    with st.container():
        if len(files) > NUM_SHOWN:
            st.caption(f"The {NUM_SHOWN} newest of {len(files):,}.")


def _show_camera(visit: Memory, chosen: OwnSet, class_names: list[str]) -> None:
    if not st.toggle(
        "Use the camera",
        key="own-camera-on",
        help="A browser lends its camera only to pages that come over HTTPS or from this computer itself. Elsewhere, take photos with your phone and drop them.",
    ):
        return
    into = st.selectbox("Class of the next photo", class_names, key="own-camera-class", width=320)
    turns = state.of(PhotosState).turns
    turn = turns.get("camera", 0)
    shot = st.camera_input(f"A photo of {words.plain(into)}", key=f"own-camera-{turn}", width=480)
    problems.show_said(_CAMERA)
    if shot is not None:
        turns["camera"] = turn + 1
        _add(visit, chosen, into, [("The camera's photo", shot.getvalue())], _CAMERA)
        state.redraw()


def _place(class_name: str) -> str:
    """Where it is said what became of photos that were dropped on a class."""
    return f"own-drop-{class_name}"


def _add(visit: Memory, chosen: OwnSet, class_name: str, photos: list[tuple[str, bytes]], where: str = "") -> None:
    """Keeps what can be kept; a broken photo costs only itself."""
    added, known, faults = 0, 0, []
    for name, content in photos[:MOST_AT_ONCE]:
        try:
            if own.add_photo(chosen, class_name, content):
                added += 1
            else:
                known += 1
        except PhotoError as error:
            faults.append(f"“{name[:80]}” was not taken: {error}")
    if len(photos) > MOST_AT_ONCE:
        faults.append(
            f"At most {MOST_AT_ONCE} photos are taken at a time; {len(photos)} were dropped. Drop the others again, or use a zip."
        )
    said = f"{words.count(added, 'photo')} added to {class_name}." if added else ""
    said += f" {words.count(known, 'photo was', 'photos were')} there already." if known else ""
    where = where or _place(class_name)
    with visit.trying(where):
        if said:
            visit.say("done", said.strip(), where)
        for fault in faults[:3]:
            visit.say("error", fault, where)
        if len(faults) > 3:
            visit.say("error", f"{len(faults) - 3} more photos were not taken either.", where)


def _remove_class(visit: Memory, chosen: OwnSet, class_name: str) -> None:
    with visit.trying(_place(class_name)):
        own.remove_class(chosen, class_name)


def _remove_photo(visit: Memory, chosen: OwnSet, class_name: str, name: str) -> None:
    with visit.trying(_place(class_name)):
        own.remove_photo(chosen, class_name, name)


@st.cache_data(max_entries=500, show_spinner=False)
def _thumbnail(set_id: str, path: str) -> bytes | None:
    try:
        return pictures.encode(pictures.edged(fit_image(decode(Path(path)), 172, "crop"), 2), 80)
    except (PhotoError, OSError):
        return None
