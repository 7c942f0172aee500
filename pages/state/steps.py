"""What undo and redo go through: the experiment as it stood after every change. No Streamlit."""

from dataclasses import dataclass, replace

from core.config import ExperimentConfig

MOST = 100


def _settings(experiment: ExperimentConfig) -> tuple:
    return experiment.preset, experiment.network, experiment.augment, experiment.training


@dataclass(frozen=True)
class Steps:
    """Network, augmentation and training over time; photos, their split and the name are never taken back.

    Args:
        taken: the experiment after each change, the oldest first, at most MOST.
        at: index of the one that stands now.
    """

    taken: tuple[ExperimentConfig, ...] = ()
    at: int = -1

    def noted(self, now: ExperimentConfig) -> "Steps":
        """With ``now`` as the newest step, if its settings are new; what was taken back before is forgotten then."""
        if self.taken and _settings(self.taken[self.at]) == _settings(now):
            return self
        taken = (*self.taken[: self.at + 1], now)[-MOST:]
        return Steps(taken, len(taken) - 1)

    @property
    def earlier(self) -> ExperimentConfig | None:
        """The step before, or None."""
        return self.taken[self.at - 1] if self.at > 0 else None

    @property
    def later(self) -> ExperimentConfig | None:
        """The step that was taken back last, or None."""
        return self.taken[self.at + 1] if self.at + 1 < len(self.taken) else None

    def moved(self, by: int, now: ExperimentConfig) -> tuple["Steps", ExperimentConfig]:
        """(steps, draft) one step back (-1) or forth (1); unchanged where there is none."""
        if not 0 <= self.at + by < len(self.taken):
            return self, now
        then = self.taken[self.at + by]
        settings = {"preset": then.preset, "network": then.network, "augment": then.augment, "training": then.training}
        return replace(self, at=self.at + by), replace(now, **settings)
