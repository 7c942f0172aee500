"""What the Photos page remembers of a visit."""

from dataclasses import dataclass, field

from core.photos.layouts.chosen import Choice


@dataclass
class PhotosState:
    """Args:
    looked_at: which photo of the gallery's choice its dialog shows, from 0.
    turns: key of a place to drop photos -> how often it was emptied.
    choices: what was chosen of the classes before each change, the oldest first, of the photos in ``chosen_of``.
    chosen_of: where these photos are.
    """

    looked_at: int = 0
    turns: dict[str, int] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    chosen_of: str = ""
