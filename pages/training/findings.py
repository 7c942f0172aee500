"""What a run's curve says, in words, with the knob to turn."""

import streamlit as st

from core import config
from core.advice.diagnosis import Finding, diagnose_run, quiet, seen_enough
from core.config import ExperimentConfig, choice_words
from core.runs.store import Run
from pages import state
from pages.parts import problems, words
from pages.state import Memory

_ICONS = {"learns nothing": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}


def show_findings(run: Run) -> None:
    """One box a finding, the gravest first; one line where there is none."""
    findings = diagnose_run(run)
    with st.container(gap="small"):
        for finding in findings:
            _show(run, finding)
        if not findings and run.history.epochs:
            icon = ":material/check:" if seen_enough(run.history) else ":material/hourglass_empty:"
            st.caption(f"{icon} {words.plain(quiet(run.history))}")


def _show(run: Run, finding: Finding) -> None:
    with st.container(border=True, gap="xsmall", key=f"finding-{finding.kind}"):
        st.markdown(f"{_ICONS[finding.severity]} **{words.plain(finding.title)}**")
        st.markdown(words.plain(finding.evidence))
        st.caption(words.plain(finding.advice))
        problems.show_said(f"advice-{finding.kind}")
        if finding.changes:
            st.button(
                _what_changes(finding),
                icon=":material/tune:",
                on_click=use_advice,
                args=(state.memory(), run.config, finding),
                key=f"advice-{finding.kind}",
                help="Takes this run's settings into yours, with that change. Nothing starts by itself.",
            )


def _what_changes(finding: Finding) -> str:
    """``Set normalisation to batch, initialiser to he normal``: what is the same in several layers is said once."""
    parts = (f"{config.setting(path).label.lower()} to {_value(value)}" for path, value in finding.changes)
    return f"Set {', '.join(dict.fromkeys(parts))}"


def _value(value) -> str:
    return choice_words(value) if isinstance(value, str) else words.setting_value(value)


def use_advice(visit: Memory, of_run: ExperimentConfig, finding: Finding) -> None:
    """The run's settings with the advice taken, as the draft; the photos chosen here stay."""
    where = f"advice-{finding.kind}"
    with visit.trying(where):
        changed = of_run
        for path, value in finding.changes:
            changed = config.put(changed, path, value)
        visit.take_settings(changed)
        visit.say("done", f"{_what_changes(finding)}: done. Press Start to train with it.", where)
