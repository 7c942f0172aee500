"""What the Photos page remembers of a visit."""

from dataclasses import dataclass, field


@dataclass
class PhotosState:
    """Args:
    looked_at: which photo of the gallery's choice its dialog shows, from 0.
    turns: key of a place to drop photos -> how often it was emptied.
    """

    looked_at: int = 0
    turns: dict[str, int] = field(default_factory=dict)
