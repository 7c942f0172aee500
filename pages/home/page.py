"""Home: what to do first, and what was done last."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core import config
from core.config import ExperimentConfig, PhotosConfig, SplitConfig
from core.network import presets
from core.runs import trust
from core.runs.store import Run
from pages import state
from pages.parts import pictures, problems, words
from pages.parts.answers import drop_photos, show_answers
from pages.parts.places import go, way_to
from pages.parts.runs.damaged import show_damaged_runs
from pages.parts.runs.status import badge
from pages.parts.work import chosen_job, prepare_photos, show_job
from pages.state import Memory
from pages.state.current import all_runs, current_dataset, own_runs, run_to_ask

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
    with visit.trying("train-first"):
        visit.draft = replace(experiment, name="")
        prepare_photos(visit, experiment, then_train_as=owner)
        go("training")


def is_touched(experiment: ExperimentConfig) -> bool:
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
        ("network", "Shape the network", "Filters, kernels, layers.", any(map(is_touched, drafts))),
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
            photos, guess = words.count(asked.counts["test"], "test photo"), trust.in_brackets(trust.test_score(asked))
            tested = f"; {words.percent(accuracy)} of its {photos} named rightly{guess}"
        preset = presets.PRESETS.get(asked.config.preset)
        kind = preset.title if preset else asked.config.preset
        return f"**{words.plain(asked.name)}** answers: {words.plain(kind)} trained on {words.plain(asked.dataset['name'])}{tested}."
    if at_work is None:
        return "Nobody can answer yet: train your first network, then drop a photo."
    history = at_work.history
    far = f"epoch {history.epoch} of {history.num_epochs}" if history.num_epochs else "it has not begun yet"
    return f"**{words.plain(at_work.name)}** is being trained ({far}). It answers once it is done."


def show_recent(runs: Sequence[Run]) -> None:
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
                st.markdown(f"**{words.percent(accuracy)}** on test photos{trust.in_brackets(trust.test_score(run))}")
            elif history.best:
                st.markdown(
                    f"{words.percent(history.best['val_accuracy'])} on validation so far{trust.in_brackets(trust.best_score(run))}"
                )


runs = all_runs()
st.title("Teach a network to tell cats from dogs")
st.markdown(
    "Train an AlexNet of your own in the browser, watch it learn, and find out what it makes of your pet. "
    "Everything stays on this computer."
)
ask, train = st.columns(2, gap="medium")
asked = run_to_ask()
at_work = next((run for run in (*own_runs(), *runs) if run.is_active), None)
with train.container(border=True, height="stretch"):
    st.header("Train my first network")
    st.markdown(
        f"On {2 * PhotosConfig().num_drawn:,} drawn pets, {FIRST_EPOCHS} epochs, about two minutes. Nothing is downloaded."
    )
    job = chosen_job()
    if job is not None:
        show_job(job)
    else:
        first = asked is None and at_work is None
        problems.show_said("train-first")
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
    st.caption(who_answers(asked, at_work))
if uploads and asked is not None:
    show_answers(asked, uploads)
elif uploads:
    st.info("Your photo waits for a network that can look at it.", icon=":material/info:")

show_steps([run for run in own_runs() if run.checkpoint and not run.is_active])
if runs:
    show_recent(runs[:NUM_RECENT])
show_damaged_runs()
