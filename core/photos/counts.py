"""How many photos each split has of each class: one shape for data sets, runs, pages and charts."""

from collections.abc import Mapping, Sequence

PhotoCounts = Mapping[str, Mapping[str, int]]
"""{split: {class name: number of photos}}"""


def sizes_of(counts: PhotoCounts) -> dict[str, int]:
    """Photos of each split."""
    return {split: sum(classes.values()) for split, classes in counts.items()}


def of_split(counts: PhotoCounts, split: str, class_names: Sequence[str]) -> list[int]:
    """Photos of each class in one split, in the order of the names; 0 where the counts have no such split or class."""
    classes = counts.get(split, {})
    return [classes.get(name, 0) for name in class_names]
