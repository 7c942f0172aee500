"""Drawn pets: any number of cats, dogs and rabbits, drawn with Pillow, the same ones for the same seed. No TensorFlow.

Only shape tells the classes apart: ears, muzzle, whiskers, proportions, tail. Fur, eyes, expression, pose, background,
light, size, position, tilt and what stands in front come from the same lottery for every animal, so that a network
has to look at the pet: 32x32 pixels or colours alone give little away (tests/core/photos/drawn/test_draw.py).
"""

import os
import random
import secrets
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from PIL import Image

from core.errors import PhotoError
from core.jobs import pool
from core.jobs.job import Report, no_report
from core.photos.drawn import pace
from core.photos.drawn.brush import Painter, draw_fur, place_in_frame
from core.photos.drawn.pets import sketch_pet
from core.photos.drawn.scenes import paint_background, paint_foreground, photograph
from core.workspace.disk import why_not_written

ANIMALS = ("cats", "dogs", "rabbits")
VERSION = 1  # stands in each file; raise it when the same arguments draw other pixels, and folders are drawn anew
SUPERSAMPLING = 2  # painted this many times larger, then averaged down: smooth edges
FILE_SIZE = 256
JPEG_QUALITY = 90
_DRAWINGS_A_TASK = 10  # about 0.1 s of work: often enough for progress, seldom enough for the pipe


def draw(animal: str, index: int, seed: int = 0, size: int = FILE_SIZE) -> Image.Image:
    """One drawn pet: the same arguments give the same pixels.

    Args:
        animal: one of ``ANIMALS``.
        index: which one; 0 and up.
        seed: another seed draws other pets.
        size: side of the square picture in pixels, at least 32.

    Returns:
        RGB image of ``size`` x ``size``.

    Raises:
        PhotoError: an animal that is not drawn here, a negative index, a size below 32.
    """
    _check_animals((animal,))
    if index < 0:
        raise PhotoError(f"Drawn pets are counted from 0; received {index}. Use 0 or more.")
    if size < 32:
        raise PhotoError(f"A drawing is at least 32 pixels wide; received {size}. Use 32 or more.")
    rng = random.Random(f"drawn pets {VERSION}/{seed}/{animal}/{index}")
    fur = draw_fur(rng)
    canvas = paint_background(rng, size * SUPERSAMPLING, fur)
    sketch = sketch_pet(animal, rng, fur)
    place = place_in_frame(sketch, rng, canvas.width)
    Painter(canvas, rng, place).paint(sketch)
    paint_foreground(rng, canvas, sketch, place)
    return photograph(rng, canvas.reduce(SUPERSAMPLING))


def draw_folder(
    folder: Path | str,
    animals: Sequence[str] = ("cats", "dogs"),
    num_per_class: int = 1000,
    seed: int = 0,
    report: Report = no_report,
    size: int = FILE_SIZE,
) -> Path:
    """A folder of drawings, one sub-folder a class: ``cats/cat.0.jpg`` and so on, JPEG, square.

    Each file is whole or not there, and says in its JPEG comment what it is. Drawings that are there already stay, so
    a complete folder costs a look at its files, and after a cancel the next call goes on. Draws on all cores.

    Args:
        folder: made if missing; it may hold nothing but such drawings.
        animals: classes, of ``ANIMALS``, each once.
        num_per_class: drawings in each; at least 1.
        seed: as in ``draw``.
        report: called with the stage "drawing".
        size: as in ``draw``; other sizes of the same pet differ in more than size, since noise and fur are drawn a pixel at a time.

    Returns:
        The folder, absolute.

    Raises:
        PhotoError: an unknown or repeated animal, no drawings asked for, a folder with other things in it, a disk
            that is full or read-only.
        Cancelled: by ``report``. Drawings that are finished stay; no half file does.
    """
    folder = Path(folder).absolute()
    _check_animals(animals)
    if num_per_class < 1:
        raise PhotoError(f"At least 1 drawing a class is needed; received {num_per_class}. Ask for more.")
    paths = {(animal, index): _path(folder, animal, index) for index in range(num_per_class) for animal in animals}
    total = len(paths)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_strangers(folder, animals, set(paths.values()))
        for animal in animals:
            (folder / animal).mkdir(exist_ok=True)
        missing = [which for which, path in paths.items() if not _is_drawn(path, _words(*which, seed, size))]
    except OSError as error:
        raise _not_saved(folder, error) from error
    done = total - len(missing)
    report("drawing", done, total)
    if not missing:
        return folder
    token, began = secrets.token_hex(4), time.monotonic()
    tasks = [
        {
            "folder": str(folder),
            "drawings": missing[start : start + _DRAWINGS_A_TASK],
            "seed": seed,
            "size": size,
            "token": token,
        }
        for start in range(0, len(missing), _DRAWINGS_A_TASK)
    ]
    try:
        with closing(pool.run("core.photos.drawn.draw:draw_some", tasks)) as answers:
            for index, answer in answers:
                if isinstance(answer, pool.Lost):
                    raise PhotoError(
                        "A process that draws pets was ended from outside, perhaps because memory ran out. "
                        f"{done:,} of {total:,} are drawn; start again and it goes on from there."
                    )
                if "errno" in answer:
                    raise _not_saved(folder, OSError(answer["errno"], answer["error"]))
                done += len(tasks[index]["drawings"])
                report("drawing", done, total)
    finally:
        for animal in animals:  # what a child that was ended while writing leaves
            for path in (folder / animal).glob(f".*.{token}"):
                path.unlink(missing_ok=True)
    pace.keep(size, len(missing), time.monotonic() - began)
    return folder


def draw_some(task: dict) -> dict:
    """Draws a few pets into files; what ``draw_folder`` has done in its child processes.

    Args:
        task: {"folder": text, "drawings": [(animal, index), ...], "seed", "size", "token": ends the names of unfinished files}.

    Returns:
        ``{}``, or ``{"errno", "error"}`` where the disk refused.
    """
    for animal, index in task["drawings"]:
        path = _path(Path(task["folder"]), animal, index)
        unfinished = path.with_name(f".{path.name}.{task['token']}")
        picture = draw(animal, index, task["seed"], task["size"])
        words = _words(animal, index, task["seed"], task["size"])
        try:
            # Not synced to disk, which would take longer than drawing: _is_drawn() finds what a power cut has eaten.
            picture.save(unfinished, "JPEG", quality=JPEG_QUALITY, comment=words)
            os.replace(unfinished, path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            return {"errno": error.errno, "error": error.strerror or str(error)}
    return {}


def contact_sheet(animals: Sequence[str], columns: int, rows: int, seed: int = 0) -> Image.Image:
    """A board of drawings, the animals taking turns from cell to cell.

    Args:
        animals: of ``ANIMALS``, each once.
        columns, rows: size of the board, in drawings of 160 pixels.
        seed: as in ``draw``.

    Returns:
        RGB image on white.

    Raises:
        PhotoError: an unknown or repeated animal.
    """
    _check_animals(animals)
    side, gap = 160, 6
    sheet = Image.new("RGB", (columns * (side + gap) + gap, rows * (side + gap) + gap), "white")
    num_drawn = dict.fromkeys(animals, 0)
    for row in range(rows):
        for column in range(columns):
            animal = animals[(column + row) % len(animals)]
            picture = draw(animal, num_drawn[animal], seed).resize((side, side), Image.Resampling.LANCZOS)
            sheet.paste(picture, (gap + column * (side + gap), gap + row * (side + gap)))
            num_drawn[animal] += 1
    return sheet


def _check_animals(animals: Sequence[str]) -> None:
    if not animals:
        raise PhotoError(f"Name at least one animal to draw, of {', '.join(ANIMALS)}; received none.")
    for animal in animals:
        if animal not in ANIMALS:
            raise PhotoError(f"Drawn pets are {', '.join(ANIMALS)}; received “{animal}”. Choose of these.")
    if len(set(animals)) < len(animals):
        raise PhotoError(f"Each animal is drawn once; received {', '.join(animals)}. Name none twice.")


def _path(folder: Path, animal: str, index: int) -> Path:
    return folder / animal / f"{animal.removesuffix('s')}.{index}.jpg"


def _words(animal: str, index: int, seed: int, size: int) -> bytes:
    """What stands in the file: that it is a drawing, which one, and by which version of this program."""
    which = f"{animal} {index}, seed {seed}" + (f", {size} pixels" if size != FILE_SIZE else "")
    return f"Drawn pet, not a photo: {which}, version {VERSION}.".encode()


def _is_drawn(path: Path, words: bytes) -> bool:
    """Whether the file is that drawing, from its first bytes to its last."""
    try:
        with open(path, "rb") as file:
            if words not in file.read(256):
                return False
            file.seek(-2, os.SEEK_END)
            return file.read() == b"\xff\xd9"  # JPEG's end of image
    except FileNotFoundError:
        return False


def _refuse_strangers(folder: Path, animals: Sequence[str], drawings: set[Path]) -> None:
    """Raises PhotoError if the folder holds anything that was not asked for; hidden files are nobody's photos."""
    parents = [folder, *(folder / animal for animal in animals)]
    found = {path for parent in parents if parent.is_dir() for path in parent.iterdir() if path.name[0] != "."}
    strangers = sorted(found - drawings - set(parents))
    if strangers:
        raise PhotoError(
            f"Pets are drawn into a folder of their own, but {folder} holds {len(strangers):,} other things, "
            f"for example “{strangers[0].relative_to(folder)}”. Choose a new folder or empty this one."
        )


def _not_saved(folder: Path, error: OSError) -> PhotoError:
    room = "A thousand drawings need about 17 MB; those that are there stay."
    return PhotoError(f"The drawings cannot be saved. {why_not_written(error, folder)} {room}")
