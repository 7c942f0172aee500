"""What would happen to these photos if one did what the article did, in a few sentences."""

import streamlit as st

from core.errors import AppError
from core.photos import leaks
from core.photos.dataset import Dataset
from core.photos.leaks import Leaks
from pages.shared import pictures, words
from pages.shared.current import dataset_of
from pages.shared.plan_table import steps_of

_LEAKED = "#D55E00"


def show_leaks(dataset: Dataset) -> None:
    """Sentences, and a bar where something leaks."""
    try:
        found = _count(dataset.id, dataset.checksum, (dataset.folder / "scan.csv").stat().st_mtime_ns)
    except (AppError, OSError):
        return  # the list above says what is damaged
    if not found.num_photos:
        return
    keeps_splits = dataset.summary.get("layout") == "splits" and not (
        dataset.split and dataset.split.source == "random"
    )
    st.header("What copies would do")
    st.markdown(_way(found))
    with st.container(gap="xsmall"):
        if found.test_in_train:
            share = found.test_in_train / found.num_test
            st.markdown(f"**{found.test_in_train:,} of {words.count(found.num_test, 'test photo')} ({words.percent(share)}) would also be among the training photos**, and {found.val_in_train:,} of {words.count(found.num_val, 'validation photo')}.")  # fmt: skip
            st.image(pictures.bar(share, _LEAKED), width="stretch", alt=f"{words.percent(share)} of the test photos would have been learned")  # fmt: skip
        else:
            st.markdown(f"**With these photos nothing leaks into the test**: 0 of {words.count(found.num_test, 'test photo')} would also be among the training photos, and {found.val_in_train:,} of {words.count(found.num_val, 'validation photo')}.")  # fmt: skip
    st.caption(_here(found, keeps_splits))


def _way(found: Leaks) -> str:
    if found.num_replaced:
        done = f"Here {words.count(found.num_replaced, 'file')} would go"
        if found.num_rescued:
            done += f", {found.num_rescued:,} of them good photos that only need converting"
        done += "."
    else:
        done = "These photos have none, so nothing would be replaced."
    return (
        "The article deletes files in a wrong format, puts copies of other photos in their place, and cuts each class by number "
        f"into training, validation and test. {done}"
    )


def _here(found: Leaks, keeps_splits: bool) -> str:
    if found.num_exact or found.num_near:
        kept = (
            f"The folder itself has {words.count(found.num_exact, 'exact duplicate')} and {words.count(found.num_near, 'near-duplicate')}; "
            f"by themselves they would put {words.count(found.test_in_train_without_copies, 'test photo')} among the training photos."
        )
    else:
        kept = "The folder itself has no duplicates."
    return (
        f"{kept} This app copies nothing, converts what can be read, and deals all copies of one picture to one split."
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _count(dataset_id: str, checksum: str, stamp: int) -> Leaks:
    dataset = dataset_of(dataset_id)
    return leaks.count(steps_of(dataset).values(), dataset.counts(), dataset.split.seed if dataset.split else 0)
