"""Which classes of a folder are used, and which are joined into one, before it is prepared."""

from collections import Counter
from functools import partial
from pathlib import Path

import streamlit as st

from core.errors import AppError
from core.photos.layouts import chosen
from core.photos.layouts.chosen import Choice
from core.photos.sources import allowed, origins, walk
from core.text import listed
from pages import state
from pages.parts import problems, words
from pages.parts.work import readable
from pages.photos.state import PhotosState
from pages.state import Memory

_LOOKS_AGAIN_SECONDS = 20
_NUM_NAMED = 6


def show_class_choice(visit: Memory) -> None:
    """An expander; the folder is looked at once it is open."""
    expander = st.expander("Choose or join classes", icon=":material/join:", on_change="rerun", key="class-choice")
    if not expander.open:
        return
    with expander:
        problems.show_said("class-choice")
        try:
            counts = _classes(visit)
        except AppError as error:
            problems.show(error)
            return
        if counts is None:
            st.caption("Once these photos have been prepared, their classes can be chosen here.")
        elif len(counts) < 3 and not visit.draft.photos.classes:
            named = " and ".join(words.plain(name) for name in counts)
            st.caption(
                f"There {'are' if counts else 'is'} {named or 'no class'}, so there is nothing to choose or to join."
            )
        else:
            _show_editor(visit, counts)


def _show_editor(visit: Memory, counts: dict[str, int]) -> None:
    own, names, choice = state.of(PhotosState), list(counts), visit.draft.photos.classes
    if own.chosen_of != visit.draft.photos.source:
        own.chosen_of, own.choices = visit.draft.photos.source, []
    now = chosen.becomes(choice, names)
    groups: dict[str, list[str]] = {}
    for name, group in now.items():
        groups.setdefault(group, []).append(name)
    st.markdown(_in_words(groups, counts))
    with st.container(horizontal=True, gap="small"):
        for number, suggestion in enumerate(chosen.suggestions(names)):
            wanted = chosen.choice_of(suggestion.joins, list(suggestion.joins), names)
            if wanted != choice:
                parts = listed(
                    [f"{words.plain(group)} ({len(members)})" for group, members in suggestion.joins.items()]
                )
                _button(
                    visit,
                    f"Join into {parts}",
                    f"classes-suggested-{number}",
                    wanted,
                    ":material/lightbulb:",
                    suggestion.reason,
                )
        if own.choices:
            st.button("Undo", key="classes-undo", icon=":material/undo:", on_click=_undo, args=(visit, own))
        if choice:
            _button(visit, "All as they are", "classes-all", (), ":material/restart_alt:")
    _show_join(visit, groups, counts)
    for group, members in groups.items():
        if members != [group]:
            _show_group(visit, group, members, counts)
    _show_kept(visit, groups, counts)


def _in_words(groups: dict[str, list[str]], counts: dict[str, int]) -> str:
    sizes = {group: sum(counts[name] for name in members) for group, members in groups.items()}
    named = [f"{words.plain(group)} ({number:,})" for group, number in list(sizes.items())[:_NUM_NAMED]]
    if len(sizes) > _NUM_NAMED:
        named.append(f"{len(sizes) - _NUM_NAMED:,} more ({sum(list(sizes.values())[_NUM_NAMED:]):,})")
    left = len(counts) - sum(map(len, groups.values()))
    without = (
        f" {words.count(left, 'class', 'classes')} of the folder {'is' if left == 1 else 'are'} left out."
        if left
        else ""
    )
    return f"**{words.count(len(groups), 'class', 'classes')}** will be prepared: {', '.join(named)}.{without}"


def _show_join(visit: Memory, groups: dict[str, list[str]], counts: dict[str, int]) -> None:
    """A form: a name and the classes that it joins."""
    row = st.form("classes-join", clear_on_submit=True, border=False)
    with row, st.container(horizontal=True, vertical_alignment="bottom"):
        members = st.multiselect(
            "Join", list(groups), key="classes-members", placeholder="Two classes or more", format_func=words.printable
        )
        name = st.text_input(
            "into a class called", key="classes-name", max_chars=chosen.MOST_LETTERS, placeholder="cats", width=220
        )
        submitted = st.form_submit_button("Join", icon=":material/join:", key="classes-join-button")
    problems.show_said("classes-name")
    if submitted:
        with visit.trying("classes-name"):
            _take(visit, chosen.joined(visit.draft.photos.classes, list(counts), members, name))
        state.redraw()


def _show_group(visit: Memory, group: str, members: list[str], counts: dict[str, int]) -> None:
    shown = ", ".join(words.plain(name) for name in members[:_NUM_NAMED])
    more = f" and {len(members) - _NUM_NAMED:,} more" if len(members) > _NUM_NAMED else ""
    apart = chosen.taken_apart(visit.draft.photos.classes, list(counts), group)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{words.plain(group)}**: {shown}{more}")
        _button(visit, "Take apart", f"classes-apart-{words.printable(group)}", apart)


def _show_kept(visit: Memory, groups: dict[str, list[str]], counts: dict[str, int]) -> None:
    names, choice = list(counts), visit.draft.photos.classes
    used = {name for members in groups.values() for name in members}
    left = [name for name in names if name not in used]
    shown = list(groups) if left else []
    options = [*groups, *left]

    def keep(wanted: list[str]) -> None:
        _take(visit, chosen.kept(choice, names, wanted))

    st.multiselect(
        "Use only",
        options,
        key="classes-kept",
        placeholder=f"All {len(options)} classes",
        format_func=words.printable,
        **state.started("classes-kept", shown, keep, default=shown),
    )


def _button(
    visit: Memory, label: str, key: str, choice: Choice, icon: str | None = None, help: str | None = None
) -> None:
    st.button(label, key=key, icon=icon, help=help, on_click=partial(_take, visit, choice))


def _take(visit: Memory, choice: Choice) -> None:
    before = visit.draft.photos.classes
    if choice != before:
        visit.of(PhotosState).choices.append(before)
        visit.use_classes(choice)


def _undo(visit: Memory, own: PhotosState) -> None:
    if own.choices:
        visit.use_classes(own.choices.pop())


def _classes(visit: Memory) -> dict[str, int] | None:
    """{class: its photos} of the place that is chosen; None where its photos are not there yet. Raises AppError."""
    place = visit.places.get(visit.way)
    if not place:
        return None
    roots = readable(visit)
    root = origins.unpacked_photos(allowed.check_source(place, state.owner(), roots))
    if root is None:
        return None
    root = walk.resolved(root)
    allowed.check_links(root, roots)
    return _counted(str(root))


@st.cache_data(ttl=_LOOKS_AGAIN_SECONDS, max_entries=16, show_spinner="Looking at the folder")
def _counted(root: str) -> dict[str, int]:
    found = walk.find(Path(root))
    counts = Counter(file.class_name for file in found.files if file.class_name)
    return {name: counts[name] for name in found.class_names}
