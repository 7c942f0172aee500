"""All that is remembered of a visit. No Streamlit: buttons' callbacks get it handed to them and touch nothing else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from core import config
from core.config import ExperimentConfig, NetworkConfig
from core.errors import AppError
from core.photos.layouts.chosen import Choice
from core.photos.sources.origins import DRAWN
from pages.state.drafts import DEFAULT_PRESET, experiment_of, with_file, with_settings_of, with_source
from pages.state.steps import Steps

# How long a browser may take to show what the page wrote into a field: until then it tells the old value with every touch.
UNSEEN_SECONDS = 0.5
Own = TypeVar("Own")


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
    """What is remembered of a visit and concerns more than one page.

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
        way: how photos come in: a kind of ``core.photos.sources.origins``.
        places: way -> the folder typed, the zip sent or the own classes chosen for it, also while another way is chosen.
        page: name of the page that was drawn last; None before the first.
        steps: what undo and redo go through; the frame notes every change.
        requests: what buttons asked for, done by the frame after the changes of fields that were made before the click.
        own: type of a page's own state -> that state; see ``of``.
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
    way: str = DRAWN
    places: dict[str, str] = field(default_factory=dict)
    page: str | None = None
    steps: Steps = field(default_factory=Steps)
    requests: list[tuple[Callable[[], None], str]] = field(default_factory=list)
    own: dict[type, object] = field(default_factory=dict)

    def of(self, kind: type[Own]) -> Own:
        """What one page, or one part of pages, keeps for itself: a dataclass that stands beside it, made at first use."""
        state = self.own.get(kind)
        if not isinstance(state, kind):
            state = self.own[kind] = kind()
        return state

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
        self.draft = with_settings_of(self.draft, settings)

    def use_source(self, way: str, place: str | None = None) -> None:
        """Where the photos come from.

        Args:
            place: a folder or a zip, for ways that need one; None for the one that was used last.
        """
        self.way = way
        if place is not None:
            self.places[way] = place
        self.draft = with_source(self.draft, way, self.places.get(way))

    def use_classes(self, classes: Choice) -> None:
        """Which classes of the photos are used, and which are joined, see ``core.photos.layouts.chosen``."""
        self.draft = replace(self.draft, photos=replace(self.draft.photos, classes=classes))

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
        self.draft = with_file(self.draft, text)

    def change(self, path: str, value) -> None:
        """One setting. A value out of its limits leaves the draft as it is, and the field says why."""
        with self.trying(path):
            self.draft = config.put(self.draft, path, tuple(value) if isinstance(value, list) else value)
