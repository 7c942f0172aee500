"""What this visitor is working on: one draft experiment, one data set, one run. All of it stands in the address.

The draft is one frozen ``ExperimentConfig``; widgets are views of it. Two ways of Streamlit were tried and left:

- ``bind="query-params"`` ties a value to a widget that is on the page. A link to Training must carry filter counts whose
  widgets stand on Network, and a list of blocks has no fixed set of widgets. So the frame reads the address once a visit
  and writes it after every change: the preset, and what differs from it
  (``?preset=narrow&network.blocks.0.filters=32&run=…``), never reading it back but where the person has changed it.
- ``on_change`` callbacks that read ``st.session_state`` are cut off there when the next touch is already waiting, and the
  change is lost (seen with five fields changed quickly). So the frame compares every view with what it last showed, at
  the start of every run, and buttons' callbacks get the ``Memory`` handed to them and touch nothing else of the session.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import NoReturn

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import config, parse
from core.config import ConvBlock, DenseBlock, ExperimentConfig, NetworkConfig
from core.errors import AppError, ConfigError
from core.jobs.job import check_id
from core.network import presets
from core.photos.sources.origins import DRAWN, MICROSOFT
from core.runs.sweeps.sweep import SHORT_EPOCHS
from core.workspace.owners import mark_of
from core.workspace.rights import Person, is_admin
from pages.state.steps import Steps

OWNER_COOKIE = "alexnet_owner"
DEFAULT_PRESET = "modern"
SELECTIONS = ("dataset", "run", "job", "sweep")
MAX_PARAMETERS = 400  # every setting of the largest network, and the selections
LISTS = {"network.blocks": ConvBlock, "network.dense": DenseBlock}
# A folder on this computer and the name of one run do not belong into a link for others.
PRIVATE = ("name", "schema_version", "preset", "photos.source")
# How long a browser may take to show what the page wrote into a field: until then it tells the old value with every touch.
UNSEEN_SECONDS = 0.5
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


@lru_cache
def experiment_of(preset_id: str) -> ExperimentConfig:
    """A preset's whole configuration, read once. Raises ConfigError if there is none of that id."""
    return presets.experiment(preset_id)


@dataclass
class View:
    """A widget as it was last drawn.

    Args:
        shown: the value it was last known to show.
        on_change: called with the value that a person gives it.
        page: the page it was drawn on.
        replaced: the value that the browser held when the page last wrote another one, and when that was.
    """

    shown: object
    on_change: Callable
    page: str | None
    replaced: tuple[object, float] | None = None

    def is_unseen(self, told) -> bool:
        """Whether the browser tells what it had before the page's last writing, since it cannot have shown that yet."""
        return (
            self.replaced is not None
            and told == self.replaced[0]
            and time.monotonic() - self.replaced[1] < UNSEEN_SECONDS
        )


@dataclass
class Sentence:
    """Something that a person is told.

    Args:
        kind: ``error``, ``warning`` or ``done``.
        text: plain, not Markdown.
        where: key of the field, button or part of the page that it is about, and where it stands; ``""`` for the page's top.
        is_read: whether it has been drawn: it goes at the person's next touch.
    """

    kind: str
    text: str
    where: str = ""
    is_read: bool = False


@dataclass
class Memory:
    """All that is remembered of a visit.

    Args:
        draft: the experiment as it stands. Each setting is within its limits; rules that span settings may be broken
            (groups that do not divide, a map that collapses), so that the page can say so beside the field.
        dataset, run, job, sweep: ids that the visitor chose, or None.
        views: key of a widget -> what it was last known to show, and what a change of it does.
        sentences: for the person, each where it belongs, until their next touch.
        redraws: whether the page itself asked for the next run: nobody has touched anything.
        focus: key of the container that the keyboard was last turned to, and how often it was turned.
        watched: id of the run whose end the browser's tab tells.
        asked: id of a run -> what it was last asked here, "stopping" or "pausing", until it has ended; None if to go on.
        admin_key: what the person gave as the administrator's key.
        measuring: id of the job that measures what a run will need, or None.
        draw_number: which draw of augmentation the preview shows.
        turn: which twelve training photos it shows.
        own_photo: (fingerprint, the photo decoded) that it shows instead; None for those of the data set.
        augment_view: ``together``, or ``alone`` for one operation by itself.
        operation: which one, a name of ``core.training.recipe.extremes``; "" for all, one below the other.
        augment_group: which group of fields the Augmentation page shows.
        way: how photos come in: a kind of ``core.photos.sources.origins``.
        places: way -> the folder typed, the zip sent or the own classes chosen for it, also while another way is chosen.
        turns: key of a place to drop photos -> how often it was emptied.
        page: name of the page that was drawn last; None before the first.
        steps: what undo and redo go through; the frame notes every change.
        requests: what buttons asked for, done by the frame after the changes of fields that were made before the click.
        layer: which layer's fields the Network page shows: ``input``, ``blocks.0``, ``dense.0`` or ``output``.
        width_base: the network that the Network page's width scales; None for the preset's.
        compared: what stands beside the draft there: ``""``, ``preset:`` or ``run:`` and an id.
        looked_at: which photo of the gallery's choice its dialog shows, from 0.
        loaded: id of the uploaded file that was taken last.
        swept: which setting the Training page offers to try several values of.
        sweep_values: setting -> the values to try, as text or as the choices picked.
        sweep_epochs: of each training of a sweep.
    """

    draft: ExperimentConfig = field(default_factory=lambda: experiment_of(DEFAULT_PRESET))
    dataset: str | None = None
    run: str | None = None
    job: str | None = None
    sweep: str | None = None
    views: dict[str, View] = field(default_factory=dict)
    sentences: list[Sentence] = field(default_factory=list)
    redraws: bool = False
    focus: tuple[str, int] = ("", 0)
    watched: str | None = None
    asked: dict[str, str | None] = field(default_factory=dict)
    admin_key: str = ""
    measuring: str | None = None
    draw_number: int = 1
    turn: int = 0
    own_photo: tuple[str, np.ndarray] | None = None
    augment_view: str = "together"
    operation: str = ""
    augment_group: str = "geometry"
    way: str = DRAWN
    places: dict[str, str] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    page: str | None = None
    steps: Steps = field(default_factory=Steps)
    requests: list[tuple[Callable[[], None], str]] = field(default_factory=list)
    layer: str = "blocks.0"
    width_base: NetworkConfig | None = None
    compared: str = ""
    looked_at: int = 0
    loaded: str = ""
    swept: str = "network.blocks.0.filters"
    sweep_values: dict[str, str | list] = field(default_factory=dict)
    sweep_epochs: int = SHORT_EPOCHS

    def say(self, kind: str, text: str, where: str = "") -> None:
        """For callbacks, which run before there is a page to say it on. Args: as ``Sentence``."""
        self.sentences.append(Sentence(kind, text, where))

    def remember(self, error: AppError, where: str = "") -> None:
        """An error that a callback met."""
        self.say("error", str(error), where)

    @contextmanager
    def trying(self, where: str) -> Iterator[None]:
        """What cannot be done inside is said at ``where``, in place of what was said there before."""
        self.sentences = [sentence for sentence in self.sentences if sentence.where != where]
        try:
            yield
        except AppError as error:
            self.remember(error, where)

    def turn_to(self, key: str) -> None:
        """Puts the focus on what a button has made, once it is drawn: on the heading in the container of that key."""
        self.focus = key, self.focus[1] + 1

    def use_preset(self, preset_id: str) -> None:
        """Takes network, augmentation and training from a preset; photos, their split and the name stay."""
        self.take_settings(experiment_of(preset_id))

    def take_settings(self, settings: ExperimentConfig) -> None:
        """Takes network, augmentation and training from elsewhere; photos, their split and the name stay."""
        old = self.draft
        photos = replace(old.photos, fit=settings.photos.fit)
        self.draft = replace(settings, photos=photos, split=old.split, name=old.name)

    def use_source(self, way: str, place: str | None = None) -> None:
        """Where the photos come from.

        Args:
            place: a folder or a zip, for ways that need one; None for the one that was used last.
        """
        self.way = way
        if place is not None:
            self.places[way] = place
        source = way if way in (DRAWN, MICROSOFT) else self.places.get(way) or DRAWN
        self.draft = replace(self.draft, photos=replace(self.draft.photos, source=source))

    def ask(self, where: str, act: Callable, *arguments) -> None:
        """For buttons whose act depends on what fields hold: it is done once their changes have been taken.

        A click right after typing arrives together with what was typed, and callbacks run first.

        Args:
            where: the place beside the button, where it is said what cannot be done.
        """
        self.requests.append((partial(act, *arguments), where))

    def step(self, by: int) -> None:
        """Undo (-1) or redo (1)."""
        self.steps, self.draft = self.steps.noted(self.draft).moved(by, self.draft)

    def edit(self, act: Callable[..., NetworkConfig], *arguments) -> None:
        """Replaces the network by what a function of ``core.network.edit`` makes of it."""
        self.draft = replace(self.draft, network=act(self.draft.network, *arguments))

    def take_file(self, text: str) -> None:
        """Takes a saved experiment. Folder and name stay: they belong to whoever saved it. Raises ConfigError."""
        new, old = config.from_json(text), self.draft
        if new.preset not in presets.PRESETS:
            raise ConfigError(f"There is no preset “{new.preset[:40]}”, from which this experiment was made. Correct the file and load it again.", "preset")  # fmt: skip
        self.draft = replace(new, name=old.name, photos=replace(new.photos, source=old.photos.source))

    def change(self, path: str, value) -> None:
        """One setting. A value out of its limits leaves the draft as it is, and the field says why."""
        with self.trying(path):
            self.draft = config.put(self.draft, path, tuple(value) if isinstance(value, list) else value)


def memory() -> Memory:
    """This visit's memory."""
    if "memory" not in st.session_state:
        st.session_state.memory = Memory()
    return st.session_state.memory


def draft() -> ExperimentConfig:
    """This visit's draft."""
    return memory().draft


def owner() -> str:
    """This browser's mark, made of the token in the cookie that app.py sets; empty where cookies are off.

    The token itself goes no further than this: nothing else of a page sees it.
    """
    return mark_of(as_token(st.context.cookies.get(OWNER_COOKIE, "")))


def person() -> Person:
    """Who looks at the page."""
    return Person(owner(), is_admin(memory().admin_key))


def as_token(cookie) -> str:
    """A cookie's value if it has the form of a token, else empty."""
    return cookie if isinstance(cookie, str) and _TOKEN.fullmatch(cookie) else ""


def view(key: str, value, on_change: Callable) -> bool:
    """To be called right before the widget ``key``: makes it show ``value``, and hands the person's changes on.

    Args:
        value: as the widget's state holds it.
        on_change: called with the new value, at the start of the run that follows the person's change.

    Returns:
        Whether the widget is to be given ``value`` as its start: Streamlit takes that or the state, not both.
    """
    visit = memory()
    told = st.session_state.get(key, value)
    before, visit.views[key] = visit.views.get(key), View(value, on_change, visit.page)
    if told != value:
        visit.views[key].replaced = told, time.monotonic()
        st.session_state[key] = value
        return False
    if before is not None:
        visit.views[key].replaced = before.replaced
    return True


def take_changes(here: str) -> bool:
    """Hands every change that the person made since the last run to its view, then does what buttons asked for.

    The frame's first act.

    Args:
        here: the page that this run was asked for.

    Returns:
        Whether the person has left ``here`` already. A click on a link takes the cursor out of a field, and the browser
        then tells the click first and what was typed after it, as a touch on the page that was left.
    """
    visit = memory()
    if not visit.redraws:
        visit.sentences = [sentence for sentence in visit.sentences if not sentence.is_read]
    visit.redraws = has_left = False
    for key, drawn in list(visit.views.items()):
        if key not in st.session_state:
            continue
        now = st.session_state[key]
        if now != drawn.shown and not drawn.is_unseen(
            now
        ):  # no touch of the session from here on: see the module's text
            drawn.shown = now
            has_left |= drawn.page == here != visit.page
            drawn.on_change(now)
    visit.steps = visit.steps.noted(visit.draft)
    while visit.requests:
        act, where = visit.requests.pop(0)
        with visit.trying(where):
            act()
    return has_left


def redraw() -> NoReturn:
    """Draws the whole page anew because something else than the person's touch changed it; what was said stays."""
    memory().redraws = True
    st.rerun()


def link(visit: Memory) -> dict[str, str]:
    """The address's parameters for the present draft and selections."""
    chosen = {kind: getattr(visit, kind) for kind in SELECTIONS if getattr(visit, kind)}
    return {**_settings_link(visit.draft), **chosen}


@lru_cache(maxsize=256)
def _settings_link(now: ExperimentConfig) -> dict[str, str]:
    """Asked for by every link on a page."""
    parameters = {} if now.preset == DEFAULT_PRESET else {"preset": now.preset}
    base = experiment_of(now.preset)
    for path in LISTS:
        length = len(config.get(now, path))
        if length != len(config.get(base, path)):
            parameters[path] = str(length)
            base = _resized(base, path, length)
    for path, (_, value) in sorted(config.differences(base, now).items()):
        if path not in PRIVATE:
            parameters[path] = _as_text(config.get(now, path) if isinstance(value, list) else value)
    return parameters


def read_link(parameters: dict[str, str]) -> tuple[ExperimentConfig, dict[str, str], list[str]]:
    """What an address asks for.

    Args:
        parameters: as ``link`` gives them; a stranger may have written them.

    Returns:
        (draft, {one of SELECTIONS: id}, sentences about what was left at its default).
    """
    faults, selections = [], {}
    preset = parameters.get("preset", DEFAULT_PRESET)
    if preset not in presets.PRESETS:
        faults.append(f"There is no preset “{preset[:40]}”; {presets.PRESETS[DEFAULT_PRESET].title} is used instead.")
        preset = DEFAULT_PRESET
    new = experiment_of(preset)
    # a list's length first, so that the paths into it exist
    for path, text in sorted(parameters.items(), key=lambda item: item[0] not in LISTS)[:MAX_PARAMETERS]:
        try:
            if path == "preset":
                continue
            if path in SELECTIONS:
                selections[path] = check_id(text)
            elif path in LISTS:
                new = _resized(new, path, _length(path, text))
            elif path in PRIVATE:
                raise ConfigError(f"{config.name_of(path)} is not taken from a link.")
            else:
                new = config.put(new, path, text)
        except AppError as error:
            faults.append(f"{error} The default is used.")
    if len(parameters) > MAX_PARAMETERS:
        faults.append(
            f"A link has at most {MAX_PARAMETERS} settings; this one has {len(parameters):,} and is read no further."
        )
    return new, selections, faults


def follow_address(here: str) -> None:
    """Reads the address where the person has changed it, and writes it after every change of the draft.

    A visit's first address and one reached by Back or Forward are read whole. A link to another page chooses a run,
    photos or a job; its settings are those of the moment it was drawn, and the draft may be newer by now. Every other
    touch tells an address that the draft has just left behind.

    Args:
        here: the page's name, to tell a link that was followed from a touch on the page.
    """
    visit, incoming = memory(), dict(st.query_params)
    if visit.page is None or went_back():
        if visit.page is None:  # nothing before what the link asks for
            visit.steps = Steps()
        new, selections, faults = read_link(incoming)
        old = visit.draft
        visit.draft = replace(new, name=old.name, photos=replace(new.photos, source=old.photos.source))
        for kind in SELECTIONS:
            setattr(visit, kind, selections.get(kind))
        for sentence in _few(faults):
            visit.say("warning", sentence)
    elif here != visit.page:
        for kind, chosen in read_link({kind: incoming[kind] for kind in SELECTIONS if kind in incoming})[1].items():
            setattr(visit, kind, chosen)
    visit.page = here
    visit.steps = visit.steps.noted(visit.draft)
    write_address()


def write_address() -> None:
    """Makes the address say what the draft and the selections are now.

    After Back it is said again: the address of a change that was on its way may have reached the browser meanwhile.
    """
    wanted = link(memory())
    if dict(st.query_params) != wanted or went_back():
        st.query_params.from_dict(wanted)


def went_back() -> bool:
    """Whether this run answers the browser's Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _few(sentences: list[str], most: int = 3) -> list[str]:
    if len(sentences) <= most:
        return sentences
    return [*sentences[:most], f"{len(sentences) - most} more settings in the link cannot be used either."]


def _resized(experiment: ExperimentConfig, path: str, length: int) -> ExperimentConfig:
    part, name = path.split(".")
    items = config.get(experiment, path)
    items = (*items[:length], *(LISTS[path]() for _ in range(length - len(items))))
    return replace(experiment, **{part: replace(getattr(experiment, part), **{name: items})})


def _length(path: str, text: str) -> int:
    try:
        length = parse.whole(text)
    except ValueError:
        raise ConfigError(
            f"{config.name_of(path)} in a link is a number of layers; received “{text[:40]}”.", path
        ) from None
    config.check_count(path, length)
    return length


def _as_text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(value)
    short = f"{value:.12g}" if isinstance(value, float) else str(value)
    return short if not isinstance(value, float) or float(short) == value else repr(value)
