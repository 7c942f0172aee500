"""Every file that is not simply used: what it is, why, what happens to it, and a way to decide otherwise.

A decision is kept at once and takes effect when the folder is prepared again, which one button does.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from core import config
from core.errors import AppError, PhotoError
from core.palette import GREY
from core.photos.checks import clean, overrules
from core.photos.checks.clean import IGNORE, CleaningStep
from core.photos.checks.overrules import LEAVE_OUT, USE, USE_ANYWAY, Overrules
from core.photos.checks.scan import Issue
from core.photos.dataset import Dataset
from core.photos.sources import origins, own
from core.text import natural_key
from core.workspace.rights import Person, has_part
from pages import state
from pages.parts import pictures, problems, words
from pages.parts.work import prepare_photos
from pages.photos.gallery import ACTION_WORDS
from pages.state import Memory
from pages.state.current import dataset_of

ROWS = 12
NOT_A_FILE_NAME, BY_HAND, BRIDGE = "not a photo file", "left out by hand", "joins two splits"
_SIDE = 84  # pixels of a thumbnail
_NO_PICTURE = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 84 84" stroke="{GREY}">'
    f'<rect x="1" y="1" width="82" height="82" fill="{GREY}" fill-opacity="0.12"/>'
    '<path d="M24 24L60 60M60 24L24 60" stroke-width="3"/></svg>'
)


@dataclass(frozen=True)
class _Files:
    """Args: by_path: every file of the folder; odd: {kind: files that are not simply used}; one of several kinds is in each."""

    by_path: dict[str, CleaningStep]
    odd: dict[str, list[CleaningStep]]


def steps_of(dataset: Dataset) -> dict[str, CleaningStep]:
    """{path: what became of it} for every file of the folder; read again only when it was written anew. Not to be changed."""
    return _files_of(dataset).by_path


def _files_of(dataset: Dataset) -> _Files:
    return _read(dataset.id, (dataset.folder / "scan.csv").stat().st_mtime_ns)


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(dataset_id: str, stamp: int) -> _Files:
    steps, odd = dataset_of(dataset_id).steps(), defaultdict(list)
    for step in steps:
        if step.action != USE or step.issue or step.rule:
            for kind in kinds_of(step):
                odd[kind].append(step)
    if Issue.OTHER_CLASS in odd:  # the two of a pair side by side
        odd[Issue.OTHER_CLASS].sort(
            key=lambda step: (min(natural_key(step.path), natural_key(step.twin)), natural_key(step.path))
        )
    return _Files({step.path: step for step in steps}, dict(odd))


def kinds_of(step: CleaningStep) -> tuple[str, ...]:
    """Its issues, or in words what a file without one is."""
    if step.issues:
        return tuple(issue.value for issue in step.issues)
    if step.action == IGNORE:
        return (NOT_A_FILE_NAME,)
    return (BY_HAND if step.rule or step.action != LEAVE_OUT else BRIDGE,)


def show_plan(dataset: Dataset, busy: bool) -> None:
    """The list. Args: busy: whether photos are being prepared now."""
    st.header("What is not simply used")
    try:
        files, decided = _files_of(dataset), overrules.load(dataset.root)
    except (AppError, OSError) as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    may_decide = _may_decide(dataset)
    problems.show_said("plan")
    if may_decide:
        _show_pending(dataset, decided, busy)
    groups = {kind: list(steps) for kind, steps in files.odd.items()}
    others = [] if may_decide else groups.pop(NOT_A_FILE_NAME, [])
    if others:
        st.caption(
            f"{words.count(len(others), 'file')} beside the photos cannot be photos. "
            "What they are called is shown to whoever prepared the folder."
        )
    by_hand = [
        step for path in decided.files if (step := files.by_path.get(path)) and not step.issue and step.action == USE
    ]
    if by_hand:
        groups[BY_HAND] = sorted([*groups.get(BY_HAND, ()), *by_hand], key=lambda step: natural_key(step.path))
    if not groups:
        st.caption("Nothing: every file is a good photo and is used as it is.")
        return
    order = [kind for kind in (*(issue.value for issue in Issue), BY_HAND, BRIDGE, NOT_A_FILE_NAME) if kind in groups]
    if st.session_state.get("plan_kind") not in order:  # the last file of the chosen kind may be gone
        st.session_state.pop("plan_kind", None)
    kind = st.pills(
        "Kind",
        order,
        key="plan_kind",
        default=order[0],
        required=True,
        format_func=lambda name: f"{name} · {len(groups[name]):,}",
    )
    steps = groups[kind]
    issue = Issue(kind) if kind in set(Issue) else None
    _show_kind(dataset, issue, steps, decided, may_decide)
    num_pages = -(-len(steps) // ROWS)
    slot = st.container()
    number = st.pagination(num_pages, key=f"plan_page_{dataset.id}_{kind}") if num_pages > 1 else 1
    with slot, st.grid(2, min_column_width=330, gap="small"):
        for step in steps[(number - 1) * ROWS : number * ROWS]:
            _show_row(dataset, step, files.by_path, decided, may_decide)


def show_decision(dataset: Dataset, path: str, where: str) -> None:
    """What happens to one photo and the ways to decide otherwise, for other places than this list.

    Args:
        path: of a file of the data set's folder.
        where: tells this place's buttons from those of the list and of other places.
    """
    try:
        files, decided = _files_of(dataset), overrules.load(dataset.root)
    except (AppError, OSError):
        return  # the list says what is damaged
    step = files.by_path.get(path)
    if step is None or step.action == IGNORE or not _may_decide(dataset):
        return
    st.markdown(f"What happens: {_what_happens(dataset, step, decided)}.")
    problems.show_said(_place(dataset, step, where))
    with st.container(horizontal=True, gap="small"):
        _show_choices(dataset, step, files.by_path, decided, where)


def _may_decide(dataset: Dataset) -> bool:
    """Whether this visitor is among those whose photos these are."""
    if origins.of_root(dataset.root).kind == origins.OWN:  # who began the set, whoever has prepared it
        return state.person().is_admin or any(one.folder == dataset.root for one in own.mine(state.owner()))
    return has_part(state.person(), dataset.owners)


def _show_pending(dataset: Dataset, decided: Overrules, busy: bool) -> None:
    visit, number = state.memory(), decided.num_changes_from(dataset.overrules)
    with st.container(horizontal=True, vertical_alignment="center"):
        if number:
            st.button(
                f"Apply {words.count(number, 'change')}",
                icon=":material/check:",
                key="plan-apply",
                disabled=busy,
                on_click=visit.ask,
                args=("plan", _apply, visit, dataset),
                help="Prepares the same folder with the same settings. What the scan knows is remembered, so it takes "
                "seconds. Earlier data sets and their runs stay as they are.",
            )
            _button("Undo", "plan-undo", dataset, overrules.put, dataset.overrules, icon=":material/undo:")
        if decided and (not number or dataset.overrules):
            _button("Back to the rules alone", "plan-undo-all", dataset, overrules.put, Overrules())
        elif not decided and overrules.replaced(dataset.root):
            _button(
                "Bring the decisions back", "plan-bring-back", dataset, overrules.bring_back, icon=":material/history:"
            )
    if number:
        st.caption(
            "Decisions belong to the folder and hold for everybody who prepares it. They change the photos in use once they are applied; no file is touched."
        )


def _apply(visit: Memory, dataset: Dataset) -> None:
    """Prepares the folder of a data set again, as the data set was prepared."""
    photos, split = dataset.photos or visit.draft.photos, dataset.split or visit.draft.split
    photos = replace(photos, source=origins.source_of(dataset.root))
    experiment = replace(visit.draft, photos=photos, split=split)
    config.check(experiment)
    visit.draft = experiment
    prepare_photos(visit, experiment)


def _show_kind(
    dataset: Dataset, issue: Issue | None, steps: list[CleaningStep], decided: Overrules, may_decide: bool
) -> None:
    actions = Counter(ACTION_WORDS[step.action] for step in steps)
    happens = ", ".join(f"{number:,} {action}" for action, number in actions.items())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"{words.count(len(steps), 'file')}: {happens}." + (_pending_kind(dataset, issue, decided)))
        if issue and may_decide:
            if issue in decided.kinds:
                _button("Undo for all", "plan-kind-undo", dataset, overrules.undo_kind, issue, icon=":material/undo:")
            for action in () if issue in decided.kinds else clean.choices(issue, whole_kind=True):
                label = "Use all of them" if action == USE else "Leave all of them out"
                _button(label, f"plan-kind-{action}", dataset, overrules.set_kind, issue, action)
    if issue is Issue.OTHER_CLASS:
        st.caption("One picture under two class names: which name is right? The other one stays out.")


def _pending_kind(dataset: Dataset, issue: Issue | None, decided: Overrules) -> str:
    if issue is None or decided.kinds.get(issue) == dataset.overrules.kinds.get(issue):
        return ""
    if issue not in decided.kinds:
        return " **Once applied: as the rules say.**"
    return f" **Once applied: all {ACTION_WORDS[decided.kinds[issue]]}**, but for those decided one by one."


def _show_row(
    dataset: Dataset, step: CleaningStep, by_path: dict[str, CleaningStep], decided: Overrules, may_decide: bool
) -> None:
    name = words.printable(step.path)
    with st.container(border=True, horizontal=True, gap="small", vertical_alignment="top"):
        has_pixels = step.action != IGNORE and step.issue not in clean.NO_PIXELS
        picture = pictures.thumbnail(dataset.id, step.path) if has_pixels else None
        alt = f"The photo {name}" if picture else f"No picture can be shown of {name}"
        st.image(picture or _NO_PICTURE, width=pictures.width_within(picture, _SIDE) if picture else _SIDE, alt=alt)
        with st.container(width="stretch", gap="xxsmall"):
            st.text(name, width="stretch")
            of_class = f"{words.plain(step.class_name)} · " if step.class_name else ""
            st.markdown(f"{of_class}{_what_happens(dataset, step, decided)}")
            if step.reason:
                st.caption(words.plain(step.reason))
            if may_decide and step.action != IGNORE:
                problems.show_said(_place(dataset, step, "plan"))
                with st.container(horizontal=True, gap="small"):
                    _show_choices(dataset, step, by_path, decided)


def _what_happens(dataset: Dataset, step: CleaningStep, decided: Overrules) -> str:
    now = ACTION_WORDS[step.action]
    asked, applied = (one.asked(step.path, step.sha256, step.issues) for one in (decided, dataset.overrules))
    if asked == applied or step.issue in clean.NO_PIXELS:
        return f"{now}, as you decided" if step.rule else now
    wanted = asked or ("" if step.rule == "" else step.rule)
    will = LEAVE_OUT if wanted == LEAVE_OUT else wanted or clean.action_for(step.issue)
    return f"{now} now; **{ACTION_WORDS.get(will, 'used')} once applied**"


def _show_choices(
    dataset: Dataset, step: CleaningStep, by_path: dict[str, CleaningStep], decided: Overrules, where: str = "plan"
) -> None:
    key = f"{dataset.id}-{words.printable(step.path)}"
    place = _place(dataset, step, where)
    if decided.files.get(step.path, ("",))[0] == step.sha256 and step.path in decided.files:
        _button(
            "Undo",
            f"{where}-undo-{key}",
            dataset,
            overrules.undo_files,
            [step.path],
            icon=":material/undo:",
            place=place,
        )
        return
    if decided.of_kinds(step.issues):  # an exception from what was decided about the kind
        otherwise = USE if decided.asked(step.path, step.sha256, step.issues) == LEAVE_OUT else LEAVE_OUT
        label = "Use this one" if otherwise == USE else "Leave this one out"
        _button(
            label, f"{where}-file-{key}", dataset, overrules.set_file, step.path, step.sha256, otherwise, place=place
        )
        return
    possible = clean.choices(step.issue)
    if BRIDGE in kinds_of(step):
        possible = ()
    twin = by_path.get(step.twin)
    for action in possible:
        if action == USE_ANYWAY:
            if twin and decided.asked(twin.path, twin.sha256, twin.issues) in (USE, USE_ANYWAY):
                _button("Use both", f"{where}-both-{key}", dataset, _use_both, twin, step, place=place)
            continue
        if twin and step.issue is Issue.OTHER_CLASS:
            label = f"Use it as {words.plain(step.class_name or '')}"
            _button(label, f"{where}-file-{key}", dataset, _use_as, step, twin, place=place)
            continue
        label = "Use it" if action == USE else "Leave it out"
        _button(label, f"{where}-file-{key}", dataset, overrules.set_file, step.path, step.sha256, action, place=place)


def _place(dataset: Dataset, step: CleaningStep, where: str) -> str:
    """Where it is said what could not be decided about one file: above its buttons."""
    return f"{where}-{dataset.id}-{step.path}"


def _use_as(root: Path, step: CleaningStep, twin: CleaningStep, person: Person) -> None:
    """One label instead of the other."""
    overrules.undo_files(root, [twin.path], person)
    overrules.set_file(root, step.path, step.sha256, USE, person)


def _use_both(root: Path, *steps: CleaningStep, person: Person) -> None:
    for step in steps:
        overrules.set_file(root, step.path, step.sha256, USE_ANYWAY, person)


def _button(
    label: str, key: str, dataset: Dataset, act, *arguments, icon: str | None = None, place: str = "plan"
) -> None:
    """A decision about a data set's folder: ``act(root, *arguments, person)``."""
    st.button(label, key=key, icon=icon, on_click=_try, args=(state.memory(), place, dataset, act, *arguments))


def _try(visit: Memory, where: str, dataset: Dataset, act, *arguments) -> None:
    with visit.trying(where):
        if not _may_decide(dataset):  # the button was drawn for who is no administrator any more
            raise PhotoError(
                "These photos are somebody else's, who alone decides about them. Prepare photos of your own."
            )
        act(dataset.root, *arguments, person=state.person())
