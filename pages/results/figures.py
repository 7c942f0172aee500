"""What a run is worth in numbers, what it took for what, and what was set."""

import streamlit as st

from core import config
from core.network import presets
from core.runs import trust
from core.runs.evaluation import Evaluation
from core.runs.run import Run
from pages import state
from pages.parts import words
from pages.parts.fields import setting_words


def show_figures(run: Run, evaluation: Evaluation) -> None:
    """Accuracy with its interval, loss, best epoch; and whether that is more than guessing."""
    low, high = evaluation.interval
    history = run.history
    with st.grid(4, min_column_width=170):
        _show_figure(
            "Test accuracy",
            words.percent(evaluation.accuracy),
            "Share of the test photos that the network names rightly. They were used neither to train nor to choose the "
            "best epoch.",
        )
        _show_figure(
            "Likely between",
            f"{low * 100:.1f} – {high * 100:.1f} %",
            "On endless photos of this kind the accuracy lies here with 95 % confidence. "
            f"{evaluation.num_photos:,} test photos cannot tell more; more test photos narrow it.",
        )
        _show_figure(
            "Test loss",
            words.number(evaluation.loss),
            "Punishes wrong answers, and more so if they were sure. Guessing costs ln of the number of classes, 0.693 "
            "for two.",
        )
        _show_figure(
            "Best epoch",
            f"{history.best_epoch} of {history.num_epochs}" if history.best_epoch else "–",
            "The epoch that did best on the validation photos; its weights are the ones that are kept.",
        )
    score = evaluation.score
    if score.beats_guessing:
        st.caption(words.plain(trust.sentence(score)))
    else:
        st.warning(
            f"**{trust.NO_ANSWER}.** {words.plain(trust.sentence(score))} {trust.CANNOT_TELL}",
            icon=":material/warning:",
        )


def _show_figure(label: str, value: str, help: str) -> None:
    st.metric(label, value, border=True, height="stretch", help=help)


def show_confusion(evaluation: Evaluation) -> None:
    """Which class was taken for which."""
    from core.charts.figures import confusion_matrix, confusion_matrix_alt  # plotly is loaded only where it is drawn

    st.header("What it was, and what the network said")
    st.plotly_chart(
        confusion_matrix(evaluation, dark=st.context.theme.type == "dark"),
        key="confusion",
        alt=confusion_matrix_alt(evaluation),
        config={"displayModeBar": False},
    )


def show_settings(run: Run) -> None:
    """The photos, the preset and what differs from it."""
    st.header("What was set")
    preset = presets.PRESETS.get(run.config.preset)
    sizes = run.split_sizes
    title = preset.title if preset else words.plain(run.config.preset)
    st.markdown(
        f"Preset **{title}** on {words.plain(run.dataset['name'])}: "
        f"{sizes['train']:,} photos to train, {sizes['val']:,} to validate, {sizes['test']:,} to test."
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
