"""Home: what to do first, and what was done last."""

from dataclasses import replace

import streamlit as st

from core import config
from core.config import PhotosConfig, SplitConfig
from core.errors import AppError
from core.runs import ACTIVE, Run
from pages.shared import pictures, state, words
from pages.shared.answers import drop_photos, show_answers
from pages.shared.current import all_datasets, all_runs, current_run
from pages.shared.frame import badge
from pages.shared.places import go, way_to
from pages.shared.state import Memory
from pages.shared.work import chosen_job, prepare_photos, show_job

# Small batches: a thousand drawings then give enough steps to learn from within a minute or two.
FIRST_EPOCHS, FIRST_BATCH_SIZE = 20, 16
NUM_RECENT = 5
TRAIN_FIRST = ":material/play_arrow: Train my first network"


def train_first(visit: Memory, owner: str) -> None:
    """Drawn pets, the modern preset, few epochs of many steps: the shortest way to a network that has learned something."""
    experiment = replace(state.experiment_of(state.DEFAULT_PRESET), photos=PhotosConfig(), split=SplitConfig())
    experiment = config.put(experiment, "training.epochs", FIRST_EPOCHS)
    experiment = config.put(experiment, "training.batch_size", FIRST_BATCH_SIZE)
    experiment = config.put(experiment, "name", "My first network")
    try:
        visit.draft = replace(experiment, name="")
        prepare_photos(visit, experiment, then_train_as=owner)
    except AppError as error:
        visit.remember(error)
    else:
        go("training")


def network_to_ask() -> Run | None:
    """The visitor's own run if it can answer, else the newest that can."""
    own = current_run()
    if own is not None and own.checkpoint and own.status not in ACTIVE:
        return own
    return next((run for run in all_runs() if run.checkpoint and run.status == "completed"), None)


def show_steps(any_photos: bool, any_run: bool, any_result: bool) -> None:
    steps = (
        ("photos", "Choose photos", "Drawn pets, a folder, a zip, or things of your own.", any_photos),
        ("network", "Shape the network", "Filters, kernels, layers.", any_run),
        ("training", "Train it", "Watch loss and accuracy move.", any_result),
        ("classify", "Show it your pet", "See what it says.", False),
    )
    st.header("In four steps")
    with st.grid(4, min_column_width=180, gap="small"):
        for number, (name, title, what, done) in enumerate(steps, 1):
            with st.container(border=True, height="stretch"):
                way_to(name, f"{number}. {title}", icon=":material/check_circle:" if done else ":material/circle:")
                st.caption(f"{what} Done." if done else what)


def show_recent(runs: list[Run]) -> None:
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
            accuracy = history.results.get("test_accuracy")
            if accuracy is not None:
                st.markdown(f"**{words.percent(accuracy)}** on test photos")
            elif history.best:
                st.markdown(f"{words.percent(history.best['val_accuracy'])} on validation so far")


runs = all_runs()
st.title("Teach a network to tell cats from dogs")
st.markdown(
    "Train an AlexNet of your own in the browser, watch it learn, and find out what it makes of your pet. "
    "Everything stays on this computer."
)
ask, train = st.columns(2, gap="medium")
asked = network_to_ask()
with train.container(border=True, height="stretch"):
    st.header("Train my first network")
    st.markdown(
        f"On {2 * PhotosConfig().num_drawn:,} drawn pets, {FIRST_EPOCHS} epochs, about two minutes. Nothing is downloaded."
    )
    job = chosen_job()
    if job is not None:
        show_job(job)
    else:
        first = asked is None
        st.button(
            words.on_primary(TRAIN_FIRST) if first else TRAIN_FIRST,
            type="primary" if first else "secondary",
            on_click=train_first,
            args=(state.memory(), state.owner()),
            key="train-first",
        )
with ask.container(border=True, height="stretch"):
    st.header("Ask about a pet")
    uploads = drop_photos("Drop a pet photo", key="home-photos")
    if asked is None:
        st.caption("Nobody can answer yet: train your first network, then drop a photo.")
    else:
        st.caption(f"{words.plain(asked.name)} answers.")
if uploads and asked is not None:
    show_answers(asked, uploads)
elif uploads:
    st.info("There is no trained network yet that could look at your photo. Train one first; it takes about two minutes.", icon=":material/info:")  # fmt: skip

show_steps(any_photos=bool(all_datasets()), any_run=bool(runs), any_result=asked is not None)
if runs:
    show_recent(runs[:NUM_RECENT])
