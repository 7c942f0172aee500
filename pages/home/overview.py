"""What there is to do, who answers, and what was done last."""

from collections.abc import Sequence

import streamlit as st

from core.config import ExperimentConfig
from core.network import presets
from core.runs import trust
from core.runs.run import Run
from pages import state
from pages.parts import pictures, words
from pages.parts.places import way_to
from pages.parts.runs.status import badge
from pages.state.current import current_dataset


def _is_touched(experiment: ExperimentConfig) -> bool:
    """Whether somebody has shaped this network: another preset, or a change to it."""
    return experiment.network != state.experiment_of(state.DEFAULT_PRESET).network


def show_steps(trained: list[Run]) -> None:
    """What there is to do; ticked are photos that are in use, a network that was changed, and a training that has ended.

    Args:
        trained: this visitor's runs that have ended with weights.
    """
    drafts, photos = (state.draft(), *(run.config for run in trained)), current_dataset()
    steps = (
        ("photos", "Choose photos", "Drawn pets, a folder, a zip, or things of your own.", photos is not None),
        ("network", "Shape the network", "Filters, kernels, layers.", any(map(_is_touched, drafts))),
        ("training", "Train it", "Watch loss and accuracy move.", bool(trained)),
        ("classify", "Show it your pet", "See what it says.", False),
    )
    st.header("In four steps")
    with st.grid(4, min_column_width=180, gap="small"):
        for number, (name, title, what, done) in enumerate(steps, 1):
            with st.container(border=True, height="stretch"):
                way_to(name, f"{number}. {title}", icon=":material/check_circle:" if done else ":material/circle:")
                st.caption(f"{what} Done." if done else what)


def who_answers(asked: Run | None, at_work: Run | None) -> str:
    """Which network a dropped photo is shown to, or when there will be one."""
    if asked is not None:
        accuracy, tested = asked.history.results.get("test_accuracy"), ""
        if accuracy is not None:
            photos, guess = (
                words.count(asked.split_sizes["test"], "test photo"),
                trust.in_brackets(trust.test_score(asked)),
            )
            tested = f"; {words.percent(accuracy)} of its {photos} named rightly{guess}"
        preset = presets.PRESETS.get(asked.config.preset)
        kind = preset.title if preset else asked.config.preset
        photos = words.plain(asked.dataset["name"])
        return f"**{words.plain(asked.name)}** answers: {words.plain(kind)} trained on {photos}{tested}."
    if at_work is None:
        return "Nobody can answer yet: train your first network, then drop a photo."
    history = at_work.history
    far = f"epoch {history.epoch} of {history.planned_epochs}" if history.num_epochs else "it has not begun yet"
    return f"**{words.plain(at_work.name)}** is being trained ({far}). It answers once it is done."


def show_recent(runs: Sequence[Run]) -> None:
    """A line a run: its state, its curve, what it is worth."""
    st.header("Recent runs")
    for run in runs:
        history = run.history
        with st.container(border=True), st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            badge(run.status)
            way_to("training" if run.is_active else "results", words.plain(run.name), icon="", run=run.id)
            st.caption(words.when(run.created))
            if len(history.epochs) > 1:
                st.image(
                    pictures.sparkline([row["val_accuracy"] for row in history.epochs]),
                    width=110,
                    alt=f"Validation accuracy over {len(history.epochs)} epochs",
                )
            if worth := _worth(run):
                st.markdown(worth)


def _worth(run: Run) -> str:
    """``**91.0 %** on test photos``; "" before the first epoch."""
    history = run.history
    accuracy = history.results.get("test_accuracy")
    if accuracy is not None:
        return f"**{words.percent(accuracy)}** on test photos{trust.in_brackets(trust.test_score(run))}"
    if history.best:
        best = words.percent(history.best["val_accuracy"])
        return f"{best} on validation so far{trust.in_brackets(trust.best_score(run))}"
    return ""
