"""Photos: where they come from, what is wrong with them, who learns from which."""

import streamlit as st

from core.photos.dataset import Dataset
from core.photos.layouts.names import SPLITS
from pages import state
from pages.parts import pictures, problems, words
from pages.parts.fields import fault_about
from pages.parts.runs.damaged import show_damaged_datasets
from pages.parts.work import chosen_job, show_job
from pages.photos.balance import show_statistics
from pages.photos.disk import show_disk
from pages.photos.gallery import SPLIT_WORDS, show_gallery
from pages.photos.leaks import show_leaks
from pages.photos.plan_table import show_decision, show_plan
from pages.photos.sources import OWN_PARTS, prepare, prepare_label, show_source, use_dataset
from pages.state.current import all_datasets, current_dataset, dataset_of


def choose_dataset(dataset_id: str) -> None:
    visit, dataset = state.memory(), dataset_of(dataset_id)
    visit.dataset = dataset.id
    use_dataset(visit, dataset)


def in_words(dataset: Dataset) -> str:
    return f"{words.printable(dataset.name)} · {len(dataset.examples):,} photos · {words.when(dataset.created)}"


def show_counts(dataset: Dataset) -> None:
    summary = dataset.summary
    with st.grid(5, min_column_width=130):
        st.metric(
            "Files found", f"{summary['found']:,}", border=True, help="Found = used + converted + left out + ignored."
        )
        st.metric("Used as they are", f"{summary['used']:,}", border=True)
        st.metric("Converted", f"{summary['converted']:,}", border=True, help="Photos in an odd format. They are used; the files stay as they are.")  # fmt: skip
        st.metric("Left out", f"{summary['left_out']:,}", border=True, help="Photos that cannot be learned from. The list below says why.")  # fmt: skip
        st.metric("Ignored", f"{summary['ignored']:,}", border=True, help="Files that are not photos by their name, or lie where no class is.")  # fmt: skip
    for sentence in (summary.get("reading"), summary.get("ignored_because"), *summary.get("notes", ())):
        if sentence:  # data sets of an older version have no reading
            st.caption(f":material/info: {words.plain(sentence)}")


def show_split(dataset: Dataset) -> None:
    counts, sizes, most = dataset.counts(), dataset.sizes, max(dataset.sizes.values())
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
            st.image(
                pictures.split_bar(counts[split], most), width="stretch", alt=_split_sentence(split, counts[split])
            )
    if dataset.split and not (dataset.split.source == "given" and dataset.summary.get("layout") == "splits"):
        asked = " : ".join(f"{getattr(dataset.split, split):g}" for split in SPLITS)
        st.caption(f"Dealt {asked} by split seed {dataset.split.seed}. Photos that you add later leave these where they are.")  # fmt: skip


def _inside(classes: dict[str, int]) -> str:
    if len(classes) <= pictures.MOST_COLOURS:
        return ", ".join(f"{number:,} {words.plain(name)}" for name, number in classes.items())
    least, most = min(classes.values()), max(classes.values())
    return f"{least:,} of each of {len(classes)} classes" if least == most else f"{least:,} to {most:,} of each of {len(classes)} classes"  # fmt: skip


def _split_sentence(split: str, classes: dict[str, int]) -> str:
    inside = ", ".join(f"{number} {name}" for name, number in classes.items())
    return words.printable(f"{SPLIT_WORDS[split]} photos by class: {inside}")


st.title("Photos")
with st.container(border=True):
    show_source()
    job = chosen_job()
    busy = job is not None and job.status in ("queued", "running")
    problems.show_said("prepare")
    waits = busy or fault_about(*OWN_PARTS) is not None
    label = f":material/fact_check: {prepare_label(state.memory())}"
    st.button(
        label if waits else words.on_primary(label),
        type="primary",
        on_click=state.memory().ask,
        args=("prepare", prepare, state.memory()),
        disabled=waits,
        key="prepare",
        help="Looks at every photo, says what is wrong, deals them to training, validation and test, and makes them the network's size.",
    )
with st.container():
    if job is not None:
        show_job(job)

dataset = current_dataset()
if dataset is None:
    st.caption("What is found appears here: how many photos, what is wrong with them, and the photos themselves.")
    others = {one.id: one for one in all_datasets()}
    with st.container():
        if others:
            start = {"index": None} if state.view("others_dataset", None, choose_dataset) else {}
            st.selectbox("Photos that others have prepared", list(others), key="others_dataset", placeholder="Choose photos", format_func=lambda key: in_words(others[key]), **start)  # fmt: skip
    show_damaged_datasets()
    show_disk()
    st.stop()
every = all_datasets()
if len(every) > 1:
    by_id = {one.id: one for one in (*every, dataset)}
    start = {"index": list(by_id).index(dataset.id)} if state.view("picked_dataset", dataset.id, choose_dataset) else {}
    st.selectbox(
        "Photos in use",
        list(by_id),
        key="picked_dataset",
        format_func=lambda key: in_words(by_id[key]),
        **start,
    )
else:
    st.header(words.plain(dataset.name))
show_counts(dataset)
show_split(dataset)
show_statistics(dataset)
show_plan(dataset, busy)
show_leaks(dataset)
show_gallery(dataset, lambda of, path: show_decision(of, path, "gallery"))
show_damaged_datasets()
show_disk()
