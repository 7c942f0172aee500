"""Photos: where they come from, what is wrong with them, who learns from which."""

import streamlit as st

from core.photos.dataset import SPLITS, Dataset
from pages.shared import pictures, state, words
from pages.shared.current import all_datasets, current_dataset, dataset_of
from pages.shared.leaks import show_leaks
from pages.shared.plan_table import printable, show_plan
from pages.shared.sources import prepare, prepare_label, show_source, use_dataset
from pages.shared.work import chosen_job, show_job

GALLERY_PHOTOS = 24
SPLIT_WORDS = {"train": "Training", "val": "Validation", "test": "Test"}


def choose_dataset(dataset_id: str) -> None:
    visit, dataset = state.memory(), dataset_of(dataset_id)
    visit.dataset = dataset.id
    use_dataset(visit, dataset)


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
    for note in summary.get("notes", ()):
        st.caption(f":material/info: {words.plain(note)}")


def show_split(dataset: Dataset) -> None:
    counts = dataset.counts()
    st.header("Who learns from which")
    st.image(pictures.split_bar(counts), width="stretch", alt=_split_sentence(counts))
    with st.grid(3, min_column_width=200):
        for split in SPLITS:
            inside = ", ".join(f"{number:,} {words.plain(name)}" for name, number in counts[split].items())
            st.markdown(f"**{SPLIT_WORDS[split]}: {sum(counts[split].values()):,}**  \n{inside}")
    if dataset.split and not (dataset.split.source == "given" and dataset.summary.get("layout") == "splits"):
        asked = " : ".join(f"{getattr(dataset.split, split):g}" for split in SPLITS)
        st.caption(f"Dealt {asked} by split seed {dataset.split.seed}. Photos that you add later leave these where they are.")  # fmt: skip


def _split_sentence(counts: dict[str, dict[str, int]]) -> str:
    parts = (
        f"{SPLIT_WORDS[split]} {', '.join(f'{number} {name}' for name, number in counts[split].items())}"
        for split in SPLITS
    )
    return "Photos by split and class: " + "; ".join(parts)


def show_gallery(dataset: Dataset) -> None:
    st.header("The photos")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.segmented_control(
            "Split", ("all", *SPLITS), key="gallery_split", default="all", required=True,
            format_func=lambda name: SPLIT_WORDS.get(name, "All"), persist_state="session",
        )  # fmt: skip
        class_name = st.selectbox("Class", ("all classes", *dataset.class_names), key=f"gallery_class_{dataset.id}", width=220)  # fmt: skip
    chosen = [
        index
        for index, example in enumerate(dataset.examples)
        if split in ("all", example.split) and class_name in ("all classes", example.class_name)
    ]
    if not chosen:
        st.caption("No photo is both.")
        return
    num_pages = -(-len(chosen) // GALLERY_PHOTOS)
    slot = st.container()
    number = st.pagination(num_pages, key=f"gallery_{dataset.id}_{split}_{class_name}") if num_pages > 1 else 1
    with slot, st.grid(6, min_column_width=130, gap="small"):
        for index in chosen[(number - 1) * GALLERY_PHOTOS : number * GALLERY_PHOTOS]:
            example = dataset.examples[index]
            picture = pictures.thumbnail(dataset.id, index)
            with st.container(gap=None):
                if picture is None:
                    st.caption("This file is gone. Prepare the folder again.")
                else:
                    st.image(picture, width="stretch", alt=f"{printable(example.class_name)}, {SPLIT_WORDS[example.split]}")  # fmt: skip
                st.text(printable(example.path.rsplit("/", 1)[-1]), wrap=False, width="stretch")


st.title("Photos")
with st.container(border=True):
    show_source()
    job = chosen_job()
    busy = job is not None and job.status in ("queued", "running")
    label = f":material/fact_check: {prepare_label(state.memory())}"
    st.button(
        label if busy else words.on_primary(label),
        type="primary",
        on_click=state.memory().ask,
        args=(prepare, state.memory()),
        disabled=busy,
        key="prepare",
        help="Looks at every photo, says what is wrong, deals them to training, validation and test, and makes them the network's size.",
    )
with st.container():
    if job is not None:
        show_job(job)

dataset = current_dataset()
if dataset is None:
    st.caption("What is found appears here: how many photos, what is wrong with them, and the photos themselves.")
    st.stop()
every = all_datasets()
if len(every) > 1:
    by_id = {one.id: one for one in (*every, dataset)}
    start = {"index": list(by_id).index(dataset.id)} if state.view("picked_dataset", dataset.id, choose_dataset) else {}
    st.selectbox(
        "Photos in use",
        list(by_id),
        key="picked_dataset",
        format_func=lambda key: (
            f"{printable(by_id[key].name)} · {len(by_id[key].examples):,} photos · {words.when(by_id[key].created)}"
        ),
        **start,
    )
else:
    st.header(words.plain(dataset.name))
show_counts(dataset)
show_split(dataset)
show_plan(dataset, busy)
show_leaks(dataset)
show_gallery(dataset)
