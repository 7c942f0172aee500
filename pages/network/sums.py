"""What a network adds up to, and what is wrong with it: totals, faults and warnings."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from core import config
from core.advice import capacity
from core.config import ExperimentConfig
from core.errors import ConfigError
from core.network.plan import NetworkPlan, plan
from core.photos.layouts.counts import SplitSizes, sizes_of_drawn
from core.training.forecast.forecast import Forecast, forecast
from pages import state
from pages.parts import problems, words
from pages.parts.fields import value_words
from pages.parts.suggestions import show_suggestion, take
from pages.state.current import current_dataset, num_classes


@dataclass(frozen=True)
class Sums:
    """Args: network: layer by layer; needs: what training it takes, with the draft's photos and batch size."""

    network: NetworkPlan
    needs: Forecast


def sums_of(experiment: ExperimentConfig) -> Sums:
    """Raises ConfigError where the network does not work."""
    batch_size = state.draft().training.batch_size
    as_trained_here = replace(experiment, training=replace(experiment.training, batch_size=batch_size))
    network = plan(experiment.network, num_classes())
    return Sums(network, forecast(as_trained_here, _split_sizes(), num_classes()))


def _split_sizes() -> SplitSizes:
    """Photos of each split of the chosen data set; of the drawn pets there will be, where there is none."""
    dataset, draft = current_dataset(), state.draft()
    if dataset is not None:
        return dataset.split_sizes
    return sizes_of_drawn(draft.photos, draft.split)


def show_totals(now: Sums, other: Sums | None) -> None:
    """The sums, and how far they are from those of the network beside it."""
    batch_size = state.draft().training.batch_size
    with st.grid(5, min_column_width=130, gap="small"):
        _show_total(
            "Parameters",
            words.quantity,
            lambda sums: sums.network.parameters,
            now,
            other,
            "Numbers that training adjusts. More can hold more, and need more photos.",
        )
        _show_total(
            "Multiply-adds",
            words.quantity,
            lambda sums: sums.network.multiply_adds,
            now,
            other,
            "Work for one photo, forward: one multiplication and one addition each. It sets the time an epoch takes.",
        )
        _show_total(
            "Memory",
            lambda size: f"{size / 1e9:.1f} GB",
            lambda sums: sums.needs.memory_bytes,
            now,
            other,
            f"What training holds at a batch size of {batch_size:,}. {now.needs.sentence}",
        )
        _show_total(
            "Time per epoch",
            lambda seconds: words.duration(seconds) if seconds >= 0.5 else f"under 1{words.NO_BREAK}s",
            lambda sums: sums.needs.epoch_seconds,
            now,
            other,
            now.needs.sentence,
        )
        _show_total(
            "Size of the file",
            lambda size: f"{size / 1e6:,.1f} MB",
            lambda sums: sums.network.weight_bytes,
            now,
            other,
            "Four bytes a parameter.",
        )


def _show_total(
    label: str,
    in_words: Callable[[float], str],
    amount_of: Callable[[Sums], float],
    now: Sums,
    other: Sums | None,
    help: str,
) -> None:
    amount, delta, arrow = amount_of(now), None, "off"
    if other is not None:
        more = amount - amount_of(other)
        if in_words(abs(more)) != in_words(0):
            delta = f"{'+' if more > 0 else '−'}{in_words(abs(more))}"
            arrow = "up" if more > 0 else "down"
    st.metric(label, in_words(amount), delta, delta_color="off", delta_arrow=arrow, border=True, help=help)


def show_fault(error: ConfigError) -> None:
    """What does not work, and a button that mends it. Below the fields that make it: what is being typed in keeps its place."""
    visit = state.memory()
    problems.show(error)
    if error.path is not None and error.suggestion is not None:
        where = error.path.split(".")
        layer = f" of Conv {int(where[2]) + 1}" if "blocks" in where else ""
        label = f"Set {config.setting(error.path).label.lower()}{layer} to {value_words(error.path, error.suggestion)}"
        act = (visit.change, error.path, error.suggestion)
    elif visit.steps.earlier:
        label, act = "Undo the last change", (visit.step, -1)
    else:
        label, act = "Reset", (visit.use_preset, visit.draft.preset)
    st.button(words.on_primary(label), type="primary", on_click=visit.ask, args=("", *act), key="suggestion")


def show_advice(sums: Sums) -> None:
    """What would not fit or learn too much by heart, and a button that makes it smaller."""
    visit, draft, photos = state.memory(), state.draft(), _split_sizes()
    suggestions = {
        "advice-memory": capacity.too_large(draft, sums.needs, photos, num_classes()),
        "advice-photos": capacity.too_many_parameters(draft, sums.network, photos["train"], num_classes()),
    }
    for key, suggestion in suggestions.items():
        if suggestion is not None:
            show_suggestion(suggestion, key, visit.ask, "", take, visit, suggestion)
