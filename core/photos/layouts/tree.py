"""Paths as a tree of folders. Opens nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(eq=False)
class Folder:
    name: str
    path: str
    files: list[str] = field(default_factory=list)
    folders: dict[str, "Folder"] = field(default_factory=dict)

    def all_files(self) -> list[str]:
        """Paths of the photos in it and below."""
        found: list[str] = []
        waiting: list[Folder] = [self]
        while waiting:
            folder = waiting.pop()
            found += folder.files
            waiting.extend(folder.folders.values())
        return found


def tree_of(paths: Iterable[str]) -> Folder:
    root = Folder("", "")
    for path in paths:
        folder, start = root, 0
        while (end := path.find("/", start)) >= 0:
            name = path[start:end]
            if name not in folder.folders:
                folder.folders[name] = Folder(name, path[:end])
            folder, start = folder.folders[name], end + 1
        folder.files.append(path)
    return root
