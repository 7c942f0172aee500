"""The colours of classes, the same on every chart and page (Okabe & Ito 2008: told apart in every kind of colour vision)."""

from collections.abc import Sequence

CAT, DOG = "#CC79A7", "#009E73"
_OTHERS = ("#E69F00", "#56B4E9", "#D55E00", "#0072B2", "#999999")


def class_colours(class_names: Sequence[str]) -> dict[str, str]:
    """Class name -> colour: cats and dogs have their own everywhere, others take the next free one in order."""
    colours: dict[str, str] = {}
    for name in class_names:
        word = name.lower()
        own = CAT if word.startswith("cat") else DOG if word.startswith("dog") else None
        if own and own not in colours.values():
            colours[name] = own
    free = [colour for colour in (*_OTHERS, CAT, DOG) if colour not in colours.values()]
    others = [name for name in class_names if name not in colours]
    colours |= {name: free[index % len(free)] for index, name in enumerate(others)}
    return {name: colours[name] for name in class_names}
