"""Which of the prepared photos are in use."""

import streamlit as st

from core.photos.dataset import Dataset
from pages import state
from pages.parts import words
from pages.photos.sources import use_dataset
from pages.state.current import all_datasets, dataset_of


def choose_of_others() -> None:
    """For who has prepared none: a list of those that others have."""
    others = {one.id: one for one in all_datasets()}
    with st.container():
        if others:
            st.selectbox(
                "Photos that others have prepared",
                list(others),
                key="others_dataset",
                placeholder="Choose photos",
                format_func=lambda key: _in_words(others[key]),
                **state.started("others_dataset", None, _choose, index=None),
            )


def choose_among(dataset: Dataset) -> None:
    """A list of all, with the one in use chosen; its name where it is the only one."""
    every = all_datasets()
    if len(every) <= 1:
        st.header(words.plain(dataset.name))
        return
    by_id = {one.id: one for one in (*every, dataset)}
    st.selectbox(
        "Photos in use",
        list(by_id),
        key="picked_dataset",
        format_func=lambda key: _in_words(by_id[key]),
        **state.started("picked_dataset", dataset.id, _choose, index=list(by_id).index(dataset.id)),
    )


def _choose(dataset_id: str) -> None:
    visit, dataset = state.memory(), dataset_of(dataset_id)
    visit.dataset = dataset.id
    use_dataset(visit, dataset)


def _in_words(dataset: Dataset) -> str:
    return f"{words.printable(dataset.name)} · {len(dataset.examples):,} photos · {words.when(dataset.created)}"
