"""The one form in which this app says what could be better: a sentence with its evidence, and a change behind a button."""

from dataclasses import dataclass

from core.config import ExperimentConfig, put

LEARNS_NOTHING, WARNING, NOTE = "learns nothing", "warning", "note"
SEVERITIES = (LEARNS_NOTHING, WARNING, NOTE)  # the gravest first


@dataclass(frozen=True)
class Suggestion:
    """One thing that is the matter, with the numbers it rests on, and what to do about it.

    Args:
        kind: which rule says so: the code that programs decide by. Nothing ever reads the sentences.
        severity: "learns nothing" (more epochs will not help), "warning" (the result suffers) or "note" (worth knowing).
        title: what it is in a few words; "" where the evidence is short enough to stand alone.
        evidence: the numbers it rests on, in sentences; of a curve with the epochs they come from.
        advice: what it means, and which setting to change; "" where the evidence says it.
        changes: (path, value) pairs for ``core.config.put``, which the button makes; empty where there is no single way out.
        epoch: from which epoch of a run it has been so, from 1; None where it is of no epoch.
        label: of the button; "" where it is simply said what the changes set.
    """

    kind: str
    severity: str
    title: str
    evidence: str
    advice: str
    changes: tuple[tuple[str, object], ...] = ()
    epoch: int | None = None
    label: str = ""

    @property
    def text(self) -> str:
        """Evidence and advice in one."""
        return f"{self.evidence} {self.advice}".rstrip()

    def applied_to(self, config: ExperimentConfig) -> ExperimentConfig:
        """A copy with the changes made. Raises ConfigError where the config has no such setting, or not within its limits."""
        for path, value in self.changes:
            config = put(config, path, value)
        return config
