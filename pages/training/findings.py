"""What a run's curve says, in words, with the knob to turn."""

import streamlit as st

from core.advice.diagnosis.diagnose import diagnose_run, quiet, seen_enough
from core.advice.suggestion import Suggestion
from core.config import ExperimentConfig
from core.runs.run import Run
from pages import state
from pages.parts import words
from pages.parts.suggestions import label_of, show_suggestion
from pages.state import Memory

_HINT = "Takes this run's settings into yours, with that change. Nothing starts by itself."


def show_findings(run: Run) -> None:
    """One box a finding, the gravest first; one line where there is none."""
    findings = diagnose_run(run)
    with st.container(gap="small"):
        for finding in findings:
            where = f"advice-{finding.kind}"
            show_suggestion(finding, where, use_advice, state.memory(), run.config, finding, where, hint=_HINT)
        if not findings and run.history.epochs:
            icon = ":material/check:" if seen_enough(run.history) else ":material/hourglass_empty:"
            st.caption(f"{icon} {words.plain(quiet(run.history))}")


def use_advice(visit: Memory, of_run: ExperimentConfig, finding: Suggestion, where: str) -> None:
    """The run's settings with the advice taken, as the draft; the photos chosen here stay."""
    with visit.trying(where):
        visit.take_settings(finding.applied_to(of_run))
        visit.say("done", f"{label_of(finding)}: done. Press Start to train with it.", where)
