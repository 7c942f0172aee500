"""Classes from the names of files, wherever they lie: ``Abyssinian_1.jpg``, ``Breed_name_12.jpg``, ``cat (1).jpg``, ``cat.0.jpg``."""

import re
from collections import Counter
from collections.abc import Sequence

from core.photos.layouts.labels import splits_of_folders
from core.photos.layouts.names import MIN_PHOTOS_PER_CLASS, class_key, is_container_name, words_of
from core.photos.layouts.readings import Reading

_NUMBERED = re.compile(r"(?P<class>[^\W\d_][^.]*?)[ _.-]*\(?\d+\)?(\.[^.]+)?", re.DOTALL)
_SHARE = 0.9  # of the photos that have to bear such a name

_CAMERAS = words_of(
    """
    img imag dsc dscn dscf dcim pxl mvimg vid pict sam gopr gp cimg mg p hpim kodak scan screenshot screen shot
    whatsapp image photo picture download unnamed untitled frame snapshot cam camera capture fb received signal
    """
)
"""What cameras, phones and programs call photos before a number."""


def class_in_name(path: str) -> str | None:
    """What a photo's name says before its number; None for names without a number and those that cameras give."""
    match = _NUMBERED.fullmatch(path.rsplit("/", 1)[-1])
    if match is None:
        return None
    words = re.findall(r"[^\W\d_]+", match["class"].casefold())
    is_camera = not words or all(word in _CAMERAS for word in words) or is_container_name(match["class"])
    return None if is_camera else match["class"]


def read_names(paths: Sequence[str]) -> Reading:
    """Classes before the numbers in file names, where nearly all photos have such names; else a reading without labels.

    Names that fewer photos bear than a class needs are none, if they are few.
    """
    named = {path: name for path in paths if (name := class_in_name(path))}
    counts = Counter(class_key(name) for name in named.values())
    large = {path: name for path, name in named.items() if counts[class_key(name)] >= MIN_PHOTOS_PER_CLASS}
    chosen = large if len(large) >= _SHARE * len(paths) else named
    if len({class_key(name) for name in chosen.values()}) < 2 or len(chosen) < _SHARE * len(paths):
        return Reading("none", {})
    split_of = splits_of_folders(chosen)
    asides = {
        path: f"Only {counts[class_key(named[path])]} photos are named as it is, too few for a class."
        if path in named
        else "Its name does not say a class before a number, as the others do."
        for path in paths
        if path not in chosen
    }
    labels = {path: (name, split_of.get(path)) for path, name in chosen.items()}
    return Reading("splits" if split_of else "names", labels, asides, basis="names of the files")
