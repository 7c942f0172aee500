"""What a trained network says about photos that a visitor dropped."""

import hashlib

import streamlit as st

from core.answers.predictor import get_predictor
from core.errors import AppError
from core.palette import class_colours
from core.photos.files.decode import PHOTO_EXTENSIONS
from core.photos.files.isolated import decode
from core.runs import trust
from core.runs.evaluation import Answer
from core.runs.run import Run
from pages.parts import pictures, problems, words

MAX_PHOTOS = 24


def drop_photos(label: str, key: str) -> list:
    """A place to drop photos; the files in it."""
    return st.file_uploader(
        label,
        type=list(PHOTO_EXTENSIONS),
        accept_multiple_files=True,
        key=key,
        help="They stay on this computer and are forgotten when you close the page.",
    )


def show_answers(run: Run, uploads: list) -> None:
    """Every photo with what the network saw of it and what it says."""
    for number, upload in enumerate(uploads[:MAX_PHOTOS], 1):
        with st.container(border=True):
            _show_answer(run, upload, number)
    if len(uploads) > MAX_PHOTOS:
        st.caption(f"The first {MAX_PHOTOS} of {len(uploads)} photos are shown. Remove some to see the others.")


@st.cache_data(max_entries=64, show_spinner=False)
def _asked(run_id: str, checkpoint_time: float, photo: str, _content: bytes) -> tuple[bytes, Answer]:
    """(the photo as the page shows it, JPEG, and what the network says). Decoded and asked once, whoever looks again.

    Args:
        checkpoint_time: when the weights were written, so that better ones are asked anew.
        photo: fingerprint of the file.
    """
    image = decode(_content)
    return pictures.encode(pictures.edged(pictures.shrink(image, 640), 2)), get_predictor().classify(run_id, [image])[0]


def _show_answer(run: Run, upload, number: int) -> None:
    content = upload.getvalue()
    try:
        with st.spinner("Asking the network. The first answer takes some seconds."):
            fingerprint = hashlib.sha256(content).hexdigest()
            written = run.checkpoint.stat().st_mtime if run.checkpoint else 0.0
            shown, told = _asked(run.id, written, fingerprint, content)
    except AppError as error:  # a broken file costs only itself
        st.text(upload.name)
        problems.show(error)
        return
    photo, seen, says = st.columns([3, 2, 4], gap="medium")
    with photo:
        st.image(shown, width="stretch", alt=f"Your photo {number}")
        st.text(upload.name, wrap=False)
    side = f"{told.seen.shape[0]} × {told.seen.shape[1]} pixels"
    with seen:
        st.image(
            pictures.encode_exact(pictures.edged(told.seen)),
            width="stretch",
            alt=f"Photo {number} as the network saw it: {side}",
        )
        st.caption(f"What the network saw: {side}")
    with says:
        score = trust.kept_score(run)
        if score is not None and not score.beats_guessing:
            st.header(trust.NO_ANSWER)
            st.caption(words.plain(trust.no_answer(score)))
        else:
            st.header(words.plain(told.class_name))
        _show_bars(told, number)


def _show_bars(told: Answer, number: int) -> None:
    colours = class_colours(tuple(told.probabilities))
    for name, share in told.probabilities.items():
        with st.container(gap="xxsmall"):
            st.markdown(f"{words.plain(name)}: **{words.percent(share)}**")
            st.image(
                pictures.bar(share, colours[name]),
                width="stretch",
                alt=f"Photo {number}, {name}: {words.percent(share)}",
            )
