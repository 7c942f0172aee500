"""Which device the next training will have, as far as this process can tell without the backend. No TensorFlow."""

from dataclasses import dataclass

from core.config import choice_words
from core.machine import num_cores
from core.training.cards import NoCard, why_none
from core.training.device import choose_precision, precision_of_card
from core.training.forecast import measured


@dataclass(frozen=True)
class Outlook:
    """What a training will compute with.

    Args:
        device: as a run reports it; "" where only a process that has the backend can tell, and none has looked yet.
        precision: a Keras dtype policy; "" where the device decides and is not known.
        no_card: why no graphics card is used; None where one is, or may be.
    """

    device: str
    precision: str
    no_card: NoCard | None

    @property
    def sentence(self) -> str:
        """For the person who is about to press Start."""
        if not self.device:
            return "This computer has an NVIDIA graphics card; whether TensorFlow can use it shows in a moment."
        said = f"Trains on {self.device}, in {choice_words(self.precision)}."
        return f"{said} {self.no_card}" if self.no_card is not None else said


def outlook(precision: str) -> Outlook:
    """What a training that starts now would report.

    Args:
        precision: what is asked for, ``auto`` or a policy.
    """
    seen = measured.seen_here()
    if seen is not None and seen.has_card:
        of_card = precision_of_card(seen.capability) if precision == "auto" else precision
        return Outlook(seen.device, of_card, None)
    why = why_none(seen)
    if seen is None and why.kind in ("packages", "version"):  # nothing stands against it, and nobody has looked
        return Outlook("", "" if precision == "auto" else precision, None)
    device = f"CPU, {num_cores()} cores"
    return Outlook(device, choose_precision(precision, device, measured.precision_speeds()), why)
