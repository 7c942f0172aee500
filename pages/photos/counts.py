"""How many photos there are: found, used, left out; and who learns from which."""

import streamlit as st

from core.photos.dataset import Dataset
from core.photos.layouts.names import SPLITS
from pages.parts import pictures, words
from pages.photos.gallery import SPLIT_WORDS

_COUNTS = {
    "found": ("Files found", "Found = used + converted + left out + ignored."),
    "used": ("Used as they are", None),
    "converted": ("Converted", "Photos in an odd format. They are used; the files stay as they are."),
    "left_out": ("Left out", "Photos that cannot be learned from. The list below says why."),
    "ignored": ("Ignored", "Files that are not photos by their name, or lie where no class is."),
}


def show_counts(dataset: Dataset) -> None:
    """Five numbers, and how the folder was read."""
    summary = dataset.summary
    with st.grid(5, min_column_width=130):
        for name, (label, help) in _COUNTS.items():
            st.metric(label, f"{summary[name]:,}", border=True, help=help)
    for sentence in (summary.get("reading"), summary.get("ignored_because"), *summary.get("notes", ())):
        if sentence:  # data sets of an older version have no reading
            st.caption(f":material/info: {words.plain(sentence)}")


def show_split(dataset: Dataset) -> None:
    """A bar a split, by class."""
    counts, sizes = dataset.counts(), dataset.split_sizes
    most = max(sizes.values())
    st.header("Who learns from which")
    if len(dataset.class_names) <= pictures.MOST_COLOURS:
        with st.container(horizontal=True, gap="medium"):
            for name, colour in pictures.colours_of(dataset.class_names).items():
                with st.container(horizontal=True, width="content", gap="xsmall", vertical_alignment="center"):
                    st.image(pictures.swatch(colour), width=14, alt="")
                    st.caption(words.plain(name))
    for split in SPLITS:
        with st.container(gap="xxsmall"):
            st.markdown(f"**{SPLIT_WORDS[split]}: {sizes[split]:,}** · {_inside(counts[split])}")
            alt = _split_sentence(split, counts[split])
            st.image(pictures.split_bar(counts[split], most), width="stretch", alt=alt)
    if dataset.split and not (dataset.split.source == "given" and dataset.summary.get("layout") == "splits"):
        asked = " : ".join(f"{getattr(dataset.split, split):g}" for split in SPLITS)
        st.caption(
            f"Dealt {asked} by split seed {dataset.split.seed}. Photos that you add later leave these where they are."
        )


def _inside(classes: dict[str, int]) -> str:
    if len(classes) <= pictures.MOST_COLOURS:
        return ", ".join(f"{number:,} {words.plain(name)}" for name, number in classes.items())
    least, most = min(classes.values()), max(classes.values())
    many = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{many} of each of {len(classes)} classes"


def _split_sentence(split: str, classes: dict[str, int]) -> str:
    inside = ", ".join(f"{number} {name}" for name, number in classes.items())
    return words.printable(f"{SPLIT_WORDS[split]} photos by class: {inside}")
