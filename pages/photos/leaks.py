"""What would happen to these photos if one did what the article did, in a few sentences."""

import streamlit as st

from core.errors import AppError
from core.palette import VERMILION
from core.photos.checks import leaks
from core.photos.checks.leaks import Leaks
from core.photos.checks.scan import Issue
from core.photos.dataset import Dataset
from core.text import listed
from pages.parts import pictures, words
from pages.photos.plan_table import steps_of
from pages.state.current import dataset_of

_COPIES = (
    (Issue.EXACT_DUPLICATE, "exact duplicate", ""),
    (Issue.OTHER_CLASS, "duplicate in another class", "duplicates in another class"),
    (Issue.NEAR_DUPLICATE, "near-duplicate", ""),
)


def show_leaks(dataset: Dataset) -> None:
    """Sentences, and a bar where something leaks."""
    try:
        found = _count(dataset.id, dataset.checksum, (dataset.folder / "scan.csv").stat().st_mtime_ns)
    except (AppError, OSError):
        return  # the list above says what is damaged
    if not found.num_photos:
        return
    st.header("What copies would do")
    st.markdown(_way(found))
    with st.container(gap="xsmall"):
        of_validation = found.val_in_train or "none"
        if found.test_in_train:
            share = found.test_in_train / found.num_test
            st.markdown(
                f"**In its test {words.count(found.test_in_train, 'photo')} ({words.percent(share)}) would also be "
                f"among its training photos**, in its validation {of_validation}."
            )
            alt = f"{words.percent(share)} of its test would have been learned"
            st.image(pictures.bar(share, VERMILION), width="stretch", alt=alt)
        else:
            st.markdown(
                "**With these photos nothing leaks into its test**: none of it would also be among its training "
                f"photos, of its validation {of_validation}."
            )
    st.caption(_here(dataset, found))


def _way(found: Leaks) -> str:
    if found.num_replaced:
        done = f"Here {words.count(found.num_replaced, 'file')} would go"
        if found.num_rescued:
            done += f", {found.num_rescued:,} of them good photos with a wrong extension"
        done += "."
    else:
        done = "These photos have none, so nothing would be replaced."
    return (
        "The article deletes files in a wrong format, puts copies of other photos in their place, and cuts each class by number "
        f"into training, validation and test. {done}"
    )


def _here(dataset: Dataset, found: Leaks) -> str:
    issues = dataset.summary["issues"]
    copies = [words.count(issues[issue], one, many) for issue, one, many in _COPIES if issues.get(issue)]
    if copies:
        kept = (
            f"The folder itself has {listed(copies)}; "
            f"by themselves they would put {words.count(found.test_in_train_without_copies, 'photo')} of that test among its training photos."
        )
    else:
        kept = "The folder itself has no duplicates."
    keeps_splits = dataset.summary.get("layout") == "splits" and dataset.split and dataset.split.source == "given"
    deals = "keeps the splits that the folder has" if keeps_splits else "deals all copies of one picture to one split"
    return f"{kept} This app copies nothing, converts what can be read, and {deals}."


@st.cache_data(max_entries=16, show_spinner=False)
def _count(dataset_id: str, checksum: str, stamp: int) -> Leaks:
    dataset = dataset_of(dataset_id)
    return leaks.count(steps_of(dataset).values(), dataset.counts(), dataset.split.seed if dataset.split else 0)
