"""The top of the Network page: where the network comes from, how wide it is, back and forth."""

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from core import config
from core.config import ExperimentConfig, NetworkConfig
from core.network import edit, presets
from pages import state
from pages.network.layers import differing
from pages.network.state import NetworkState
from pages.parts import words
from pages.state import Memory


def show_tools(others: dict[str, str]) -> None:
    """Presets, the network beside this one, the width; undo, redo, reset and where the preset comes from.

    Args:
        others: {key: name} of what can stand beside it.
    """
    with st.grid(3, min_column_width=190, gap=("small", "medium"), vertical_alignment="bottom"):
        _show_presets()
        _show_others(others)
        _show_width()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _show_steps()
        st.caption(_where_from(state.draft()), width="stretch")


def _show_presets() -> None:
    visit, ids = state.memory(), list(presets.PRESETS)
    preset = visit.draft.preset
    st.selectbox(
        "Start from",
        ids,
        key="preset",
        format_func=lambda preset_id: presets.PRESETS[preset_id].title,
        help="A known network with its augmentation and training. Choosing one replaces those settings; your photos stay.",
        **state.started("preset", preset, visit.use_preset, index=ids.index(preset)),
    )


def _show_others(others: dict[str, str]) -> None:
    own, keys = state.of(NetworkState), list(others)
    choose = partial(setattr, own, "compared")
    st.selectbox(
        "Beside it",
        keys,
        key="compared",
        format_func=others.__getitem__,
        help="Draws a second network below this one and lists what differs: a preset, or what a run trained.",
        **state.started("compared", own.compared, choose, index=keys.index(own.compared)),
    )


@dataclass(frozen=True)
class _Width:
    """Args: base: the network that the slider scales; percent: of it that the draft has."""

    base: NetworkConfig
    percent: int


def _show_width() -> None:
    visit = state.memory()
    width = _width_of(visit.draft)
    st.select_slider(
        "Width",
        edit.WIDTHS,
        key="width",
        format_func=lambda percent: f"{percent} %",
        help="Scales the filters of all convolutions and the units of all dense layers at once. Half the width is about "
        "a quarter of the parameters and of the work.",
        **state.started("width", width.percent, partial(_set_width, visit, width.base), value=width.percent),
    )


def _width_of(draft: ExperimentConfig) -> _Width:
    """Measured against the last network scaled, else the preset's, else what stands there now."""
    for base in (state.of(NetworkState).width_base, state.experiment_of(draft.preset).network):
        percent = edit.width_of(draft.network, base) if base else None
        if base is not None and percent is not None:
            return _Width(base, percent)
    return _Width(draft.network, 100)


def _set_width(visit: Memory, base: NetworkConfig, percent: int) -> None:
    visit.of(NetworkState).width_base = base
    visit.edit(lambda _: edit.scale_width(base, percent))


def _show_steps() -> None:
    visit = state.memory()
    preset = state.experiment_of(visit.draft.preset)
    _show_step("Undo", -1, visit.steps.earlier)
    _show_step("Redo", 1, visit.steps.later)
    st.button(
        "Reset",
        icon=":material/restart_alt:",
        on_click=visit.ask,
        args=("", visit.use_preset, visit.draft.preset),
        key="reset",
        disabled=visit.draft == _with_own(preset, visit.draft),
        help=f"Network, augmentation and training as {presets.PRESETS[visit.draft.preset].title} has them.",
    )


def _show_step(label: str, by: int, then: ExperimentConfig | None) -> None:
    visit = state.memory()
    st.button(
        label,
        icon=":material/undo:" if by < 0 else ":material/redo:",
        on_click=visit.ask,
        args=("", visit.step, by),
        key=label.lower(),
        disabled=then is None,
        # always with a hint: without one the browser makes another button, and the focus is lost
        help=_step_words(visit.draft, then) if then else f"There is nothing to {label.lower()}.",
    )


def _step_words(now: ExperimentConfig, then: ExperimentConfig) -> str:
    """What a step would change."""
    rows = [f"{one.setting}: {one.before} → {one.after}" for one in differing(now.network, then.network)]
    others = sum(path.startswith(("augment.", "training.")) for path in config.differences(now, then))
    if others:
        rows.append(f"{words.count(others, 'setting')} of augmentation and training")
    return words.plain("; ".join(rows[:4]) + (f" and {len(rows) - 4} more" if len(rows) > 4 else "")) + "."


def _with_own(settings: ExperimentConfig, draft: ExperimentConfig) -> ExperimentConfig:
    return replace(settings, photos=draft.photos, split=draft.split, name=draft.name)


def _where_from(draft: ExperimentConfig) -> str:
    chosen = presets.PRESETS[draft.preset]
    changes = differing(state.experiment_of(draft.preset).network, draft.network)
    since = f" {words.count(len(changes), 'setting')} of the network changed since." if changes else ""
    return f"{chosen.summary} Source: {chosen.source}{since}"
