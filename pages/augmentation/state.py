"""What the Augmentation page remembers of a visit."""

from dataclasses import dataclass

import numpy as np


@dataclass
class AugmentationState:
    """Args:
    group: which group of fields is open.
    view: ``together``, or ``alone`` for one operation by itself.
    operation: which one, a name of ``core.training.recipe.extremes``; "" for all, one below the other.
    draw_number: which draw of augmentation the preview shows.
    turn: which twelve training photos it shows.
    own_photo: (fingerprint, the photo decoded) that it shows instead; None for those of the data set.
    loaded: id of the uploaded file that was taken last.
    """

    group: str = "geometry"
    view: str = "together"
    operation: str = ""
    draw_number: int = 1
    turn: int = 0
    own_photo: tuple[str, np.ndarray] | None = None
    loaded: str = ""
