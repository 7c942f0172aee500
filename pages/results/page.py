"""Results: how a trained network does on the test photos, which it never saw."""

import streamlit as st

from core import config
from core.network import presets
from core.runs import trust
from core.runs.best_epoch import why_best
from core.runs.evaluation import Evaluation
from core.runs.store import ACTIVE, Run
from pages import state
from pages.parts import problems, words
from pages.parts.fields import setting_words
from pages.parts.live_chart import live_charts
from pages.parts.places import way_to
from pages.parts.runs.controls import place_of, show_delete
from pages.parts.runs.damaged import show_damaged_runs
from pages.parts.runs.pick import pick_run
from pages.parts.words import badge


def show_figures(run: Run, evaluation: Evaluation) -> None:
    low, high = evaluation.interval
    history = run.history
    with st.grid(4, min_column_width=170):
        st.metric(
            "Test accuracy",
            words.percent(evaluation.accuracy),
            border=True,
            height="stretch",
            help="Share of the test photos that the network names rightly. They were used neither to train nor to choose the best epoch.",
        )
        st.metric(
            "Likely between",
            f"{low * 100:.1f} – {high * 100:.1f} %",
            border=True,
            height="stretch",
            help=f"On endless photos of this kind the accuracy lies here with 95 % confidence. {evaluation.num_photos:,} test photos cannot tell more; more test photos narrow it.",
        )
        st.metric(
            "Test loss",
            words.number(evaluation.loss),
            border=True,
            height="stretch",
            help="Punishes wrong answers, and more so if they were sure. Guessing costs ln of the number of classes, 0.693 for two.",
        )
        st.metric(
            "Best epoch",
            f"{history.best_epoch} of {history.num_epochs}" if history.best_epoch else "–",
            border=True,
            height="stretch",
            help="The epoch that did best on the validation photos; its weights are the ones that are kept.",
        )
    score = evaluation.score
    if score.beats_guessing:
        st.caption(words.plain(trust.sentence(score)))
    else:
        st.warning(
            f"**{trust.NO_ANSWER}.** {words.plain(trust.sentence(score))} {trust.CANNOT_TELL}",
            icon=":material/warning:",
        )


def show_confusion(evaluation: Evaluation) -> None:
    from core.charts.figures import confusion_matrix, confusion_matrix_alt  # plotly is loaded only where it is drawn

    st.header("What it was, and what the network said")
    st.plotly_chart(
        confusion_matrix(evaluation, dark=st.context.theme.type == "dark"),
        key="confusion",
        alt=confusion_matrix_alt(evaluation),
        config={"displayModeBar": False},
    )


def show_settings(run: Run) -> None:
    st.header("What was set")
    preset = presets.PRESETS.get(run.config.preset)
    counts = run.counts
    st.markdown(
        f"Preset **{preset.title if preset else words.plain(run.config.preset)}** on {words.plain(run.dataset['name'])}: "
        f"{counts['train']:,} photos to train, {counts['val']:,} to validate, {counts['test']:,} to test."
    )
    if preset is None:
        return
    changed = config.differences(state.experiment_of(run.config.preset), run.config)
    changed = {path: pair for path, pair in sorted(changed.items()) if path not in ("name", "photos.source")}
    if not changed:
        st.caption("Every setting is the preset's.")
        return
    st.caption("What differs from the preset:")
    st.dataframe(
        {
            "Setting": [setting_words(path) for path in changed],
            "Preset": [words.setting_value(before) for before, _ in changed.values()],
            "This run": [words.setting_value(after) for _, after in changed.values()],
        },
        hide_index=True,
        alt=f"{len(changed)} settings that differ from the preset",
    )


st.title("Results")
run = pick_run()
if run is None:
    st.markdown("Here you will see how well a network does on photos it never saw. Train one first.")
    way_to("training", "Train a network")
    show_damaged_runs()
    st.stop()

status = run.status
evaluation = run.evaluation
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    badge(status)
    st.caption(f"started {words.when(run.created)}")
    way_to("training", "Watch it train" if status in ACTIVE else "How it trained", run=run.id)
    if run.checkpoint:
        way_to("classify", "Classify photos", run=run.id)

if evaluation is not None:
    show_figures(run, evaluation)
elif run.evaluation_damage:
    st.warning(words.plain(run.evaluation_damage), icon=":material/broken_image:")
elif status in ACTIVE:
    st.caption("The test photos are used once, after the last epoch. Until then, the curves say how it goes.")
else:
    st.caption(f"This run has no test figures: it is {status}. {words.plain(run.history.message)}")

if run.history.epochs:
    if why := why_best(run.history):
        st.caption(f":material/info: {words.plain(why)}")
    live_charts(run.history, trust.guess_of(run), key=f"results-{run.id}")
if evaluation is not None:
    matrix, settings = st.columns(2, gap="large")
    with matrix:
        show_confusion(evaluation)
    with settings:
        show_settings(run)
else:
    show_settings(run)
if status not in ACTIVE:
    problems.show_said(place_of(run))
    show_delete(run)
show_damaged_runs()
