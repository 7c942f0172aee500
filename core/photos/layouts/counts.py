"""How many photos there are, in the two forms that data sets, runs, forecasts, pages and charts know: by split and class, and by split."""

from collections.abc import Mapping, Sequence

from core.config import PhotosConfig, SplitConfig

PhotoCounts = Mapping[str, Mapping[str, int]]
"""{split: {class name: number of photos}}; of a data set or a run every split and class is there."""

SplitSizes = Mapping[str, int]
"""{split: number of photos}: train, val, test."""


def split_sizes(counts: PhotoCounts) -> dict[str, int]:
    """Photos of each split, all classes together."""
    return {split: sum(classes.values()) for split, classes in counts.items()}


def of_split(counts: PhotoCounts, split: str, class_names: Sequence[str]) -> list[int]:
    """Photos of each class in one split, in the order of the names; 0 where the counts have no such split or class."""
    classes = counts.get(split, {})
    return [classes.get(name, 0) for name in class_names]


def sizes_of_drawn(photos: PhotosConfig, split: SplitConfig) -> dict[str, int]:
    """Photos of each split of drawn pets that are yet to be drawn."""
    num_classes = len(photos.drawn_classes)
    return {
        name: round(num_classes * part * (photos.num_drawn if part <= 1 else 1))
        for name, part in (("train", split.train), ("val", split.val), ("test", split.test))
    }
