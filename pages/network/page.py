"""Network: what it is made of, and at once what that makes.

One layer's fields are open at a time. A browser needs longer to make fifty widgets than the server to work out what they
mean, and the room goes to the picture.
"""

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from core import config
from core.advice import capacity as advice
from core.config import ExperimentConfig, NetworkConfig
from core.errors import AppError, ConfigError
from core.network import edit, picture, presets
from core.network.keras_code import keras_code
from core.network.plan import LayerRow, NetworkPlan, plan
from core.training.forecast.forecast import Forecast, forecast
from pages import state
from pages.network.files import drawn, saved, table_csv
from pages.network.layers import differing, layer_names, nearest_layer, row_name
from pages.parts import problems, words
from pages.parts.fields import alignment, field, value_words
from pages.parts.pictures import encode
from pages.parts.preview import originals
from pages.parts.runs.fit import num_photos
from pages.state.current import all_runs, current_dataset, num_classes, run_of

CONV_FIELDS = ("filters", "kernel_size", "strides", "padding", "groups", "normalization", "activation")
POOL_FIELDS = ("pool_size", "pool_strides", "pool_padding")
DENSE_FIELDS = ("units", "dropout_rate", "normalization", "activation")
INPUT_FIELDS = ("input_size", "input_channels", "rescaling", "initializer")
MOST_RUNS = 50
ROW_PIXELS = 38.3  # of a table in Markdown, its line included
MOST_FILE_BYTES = 1_000_000


def shape(row: LayerRow) -> str:
    return "×".join(f"{side:,}" for side in row.output_shape)


def colours() -> picture.Colours:
    return picture.DARK if st.context.theme.type == "dark" else picture.LIGHT


def counts() -> dict[str, int]:
    """Photos of each split of the chosen data set; of the drawn pets there will be, where there is none."""
    dataset, draft = current_dataset(), state.draft()
    if dataset is not None:
        return num_photos(dataset.counts())
    drawn = len(draft.photos.drawn_classes)
    return {
        name: round(drawn * part * (draft.photos.num_drawn if part <= 1 else 1))
        for name, part in (("train", draft.split.train), ("val", draft.split.val), ("test", draft.split.test))
    }


def needs_of(experiment: ExperimentConfig) -> Forecast:
    """What training it with the draft's photos and batch size would need."""
    batch_size = state.draft().training.batch_size
    return forecast(replace(experiment, training=replace(experiment.training, batch_size=batch_size)), counts(), num_classes())  # fmt: skip


def started(key: str, name: str, value, options: list, on_change) -> dict:
    """What a list widget is given to show ``value``."""
    return {name: value if name != "index" else options.index(value)} if state.view(key, value, on_change) else {}


# --- the top: where it comes from, how wide, back and forth


def show_tools(others: dict[str, str]) -> None:
    visit, draft = state.memory(), state.draft()
    ids = list(presets.PRESETS)
    with st.grid(3, min_column_width=190, gap=("small", "medium"), vertical_alignment="bottom"):
        st.selectbox(
            "Start from",
            ids,
            key="preset",
            format_func=lambda preset_id: presets.PRESETS[preset_id].title,
            help="A known network with its augmentation and training. Choosing one replaces those settings; your photos stay.",
            **started("preset", "index", draft.preset, ids, visit.use_preset),
        )
        st.selectbox(
            "Beside it",
            list(others),
            key="compared",
            format_func=others.get,
            help="Draws a second network below this one and lists what differs: a preset, or what a run trained.",
            **started("compared", "index", visit.compared, list(others), partial(setattr, visit, "compared")),
        )
        base, percent = width_base(draft)
        st.select_slider(
            "Width",
            edit.WIDTHS,
            key="width",
            format_func=lambda width: f"{width} %",
            help="Scales the filters of all convolutions and the units of all dense layers at once. Half the width is about "
            "a quarter of the parameters and of the work.",
            **started("width", "value", percent, [], partial(set_width, base)),
        )
    chosen = presets.PRESETS[draft.preset]
    changes = differing(state.experiment_of(draft.preset).network, draft.network)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show_step("Undo", -1, visit.steps.earlier)
        show_step("Redo", 1, visit.steps.later)
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            on_click=visit.ask,
            args=("", visit.use_preset, draft.preset),
            key="reset",
            disabled=draft == with_own(state.experiment_of(draft.preset), draft),
            help=f"Network, augmentation and training as {chosen.title} has them.",
        )
        since = f" {words.count(len(changes), 'setting')} of the network changed since." if changes else ""
        st.caption(f"{chosen.summary} Source: {chosen.source}{since}", width="stretch")


def show_step(label: str, by: int, then: ExperimentConfig | None) -> None:
    visit = state.memory()
    st.button(
        label,
        icon=":material/undo:" if by < 0 else ":material/redo:",
        on_click=visit.ask,
        args=("", visit.step, by),
        key=label.lower(),
        disabled=then is None,
        help=step_words(visit.draft, then) if then else f"There is nothing to {label.lower()}.",
    )


def step_words(now: ExperimentConfig, then: ExperimentConfig) -> str:
    """What a step would change."""
    rows = [f"{name}: {before} → {after}" for name, before, after in differing(now.network, then.network)]
    others = sum(path.startswith(("augment.", "training.")) for path in config.differences(now, then))
    if others:
        rows.append(f"{words.count(others, 'setting')} of augmentation and training")
    return words.plain("; ".join(rows[:4]) + (f" and {len(rows) - 4} more" if len(rows) > 4 else "")) + "."


def with_own(settings: ExperimentConfig, draft: ExperimentConfig) -> ExperimentConfig:
    return replace(settings, photos=draft.photos, split=draft.split, name=draft.name)


def width_base(draft: ExperimentConfig) -> tuple:
    """(the network that the slider scales, its present width): the last one scaled, the preset's, else what stands there now."""
    for base in (state.memory().width_base, state.experiment_of(draft.preset).network):
        percent = edit.width_of(draft.network, base) if base else None
        if percent is not None:
            return base, percent
    return draft.network, 100


def set_width(base, percent: int) -> None:
    visit = state.memory()
    visit.width_base = base
    visit.edit(lambda _: edit.scale_width(base, percent))


# --- what stands beside it


def comparable() -> dict[str, str]:
    """{key: name} of all networks that can stand beside the draft."""
    known = {f"preset:{preset_id}": preset.title for preset_id, preset in presets.PRESETS.items()}
    runs = {f"run:{run.id}": f"Run {run.name}, {words.when(run.created)}" for run in all_runs()[:MOST_RUNS]}
    found = {"": "Nothing", **known, **runs}
    if state.memory().compared not in found:
        state.memory().compared = ""
    return found


def compared_experiment() -> ExperimentConfig | None:
    kind, _, name = state.memory().compared.partition(":")
    if not kind:
        return None
    try:
        return state.experiment_of(name) if kind == "preset" else run_of(name).config
    except AppError as error:
        problems.show(error)
        return None


def show_picture(found: list, chosen: str, full_size: int, name: str) -> None:
    with st.container(horizontal=True, gap=None):
        for number, (svg, width) in enumerate(picture.strips(found, colours(), chosen, full_size)):
            alt = f"{name}. {picture.in_words(found)}" if number == 0 else f"{name}, continued"
            st.image(svg, width=width, alt=alt)


def show_totals(network: NetworkPlan, needs: Forecast, other: tuple[NetworkPlan, Forecast] | None) -> None:
    """The sums, and how far they are from those of the network beside it."""

    def total(label: str, text, of, help: str) -> None:
        now, then = of(network, needs), of(*other) if other else None
        delta = (
            None
            if then is None or text(abs(now - then)) == text(0)
            else f"{'+' if now > then else '−'}{text(abs(now - then))}"
        )
        arrow = "off" if delta is None else "up" if now > then else "down"
        st.metric(label, text(now), delta, delta_color="off", delta_arrow=arrow, border=True, help=help)

    batch_size = state.draft().training.batch_size
    with st.grid(5, min_column_width=130, gap="small"):
        total("Parameters", words.quantity, lambda p, _: p.parameters, "Numbers that training adjusts. More can hold more, and need more photos.")  # fmt: skip
        total("Multiply-adds", words.quantity, lambda p, _: p.multiply_adds, "Work for one photo, forward: one multiplication and one addition each. It sets the time an epoch takes.")  # fmt: skip
        total("Memory", lambda size: f"{size / 1e9:.1f} GB", lambda _, n: n.memory_bytes, f"What training holds at a batch size of {batch_size:,}. {needs.sentence}")  # fmt: skip
        total("Time per epoch", words.duration, lambda _, n: n.epoch_seconds, needs.sentence)
        total("Size of the file", lambda size: f"{size / 1e6:,.1f} MB", lambda p, _: p.weight_bytes, "Four bytes a parameter.")  # fmt: skip


# --- faults and warnings, below the fields that make them: what is being typed in keeps its place


def show_fault(error: ConfigError) -> None:
    visit = state.memory()
    problems.show(error)
    if error.path is not None and error.suggestion is not None:
        where = error.path.split(".")
        layer = f" of Conv {int(where[2]) + 1}" if "blocks" in where else ""
        label = f"Set {config.setting(error.path).label.lower()}{layer} to {value_words(error.path, error.suggestion)}"
        act = (visit.change, error.path, error.suggestion)
    elif visit.steps.earlier:
        label, act = "Undo the last change", (visit.step, -1)
    else:
        label, act = "Reset", (visit.use_preset, visit.draft.preset)
    st.button(words.on_primary(label), type="primary", on_click=visit.ask, args=("", *act), key="suggestion")


def show_advice(network: NetworkPlan, needs: Forecast) -> None:
    visit, draft, photos = state.memory(), state.draft(), counts()
    found = {
        "memory": advice.too_large(draft, needs, photos, num_classes()),
        "photos": advice.too_many_parameters(draft, network, photos["train"], num_classes()),
    }
    for key, one in found.items():
        if one is None:
            continue
        st.warning(words.plain(one.sentence), icon=":material/warning:")
        if one.experiment is not None:
            st.button(
                one.label, on_click=visit.ask, args=("", setattr, visit, "draft", one.experiment), key=f"advice-{key}"
            )


# --- the layer that is open


def show_editor() -> None:
    visit, network = state.memory(), state.draft().network
    names = layer_names(network)
    keys = list(names)
    st.pills(
        "Layer to change",
        keys,
        key="layer",
        format_func=names.get,
        required=True,
        wrap=True,
        **started("layer", "default", visit.layer, keys, partial(setattr, visit, "layer")),
    )
    kind, _, index = visit.layer.partition(".")
    path = f"network.{visit.layer}"
    with st.grid(3, min_column_width=128, gap=("small", "small"), vertical_alignment=alignment("network.")):
        if kind == "input":
            for name in INPUT_FIELDS:
                field(f"network.{name}")
        elif kind == "output":
            field("network.head")
            field("network.output", disabled=num_classes() != 2)
        elif kind == "dense":
            for name in DENSE_FIELDS:
                field(f"{path}.{name}")
        else:
            for name in CONV_FIELDS:
                field(f"{path}.{name}")
            for name in POOL_FIELDS:
                field(f"{path}.{name}", disabled=name != "pool_size" and not network.blocks[int(index)].pool_size)
    show_actions(kind, int(index or 0))


def show_actions(kind: str, index: int) -> None:
    """Buttons that change how many layers there are and in which order."""
    network = state.draft().network
    is_layer = kind in ("blocks", "dense")
    of = kind if is_layer else "blocks" if kind == "input" else "dense"
    place = index + 1 if is_layer else 0 if kind == "input" else len(network.dense)
    word = {"blocks": "convolution", "dense": "dense layer"}[of]
    count, limits = len(getattr(network, of)), edit.count_limits(of)
    is_full = count >= limits.maximum
    problems.show_said("layers")
    with st.container(horizontal=True, gap="small"):
        button("Add", ":material/add:", edit.add_layer, of, place, help=f"A new {word} {'after this one' if is_layer else 'here'}.", goes_to=f"{of}.{place}", disabled=is_full)  # fmt: skip
        button("Duplicate", ":material/content_copy:", edit.duplicate_layer, of, index, help=f"A copy of this {word} after it.", goes_to=f"{of}.{index + 1}", disabled=is_full or not is_layer)  # fmt: skip
        button("Earlier", ":material/arrow_back:", edit.move_layer, of, index, -1, help="Changes places with the one before.", goes_to=f"{of}.{index - 1}", disabled=not is_layer or index == 0)  # fmt: skip
        button("Later", ":material/arrow_forward:", edit.move_layer, of, index, 1, help="Changes places with the one after.", goes_to=f"{of}.{index + 1}", disabled=not is_layer or index == count - 1)  # fmt: skip
        button("Remove", ":material/delete:", edit.remove_layer, of, index, help=f"Takes this {word} out." if count > limits.minimum else "A network has at least one convolution.", goes_to=f"{of}.{index}", disabled=not is_layer or count <= limits.minimum)  # fmt: skip


def button(label: str, icon: str, act, *arguments, help: str, goes_to: str, disabled: bool) -> None:
    visit = state.memory()
    st.button(label, icon=icon, on_click=visit.ask, args=("layers", change_layers, visit, goes_to, act, *arguments), key=f"layers-{label}", help=help, disabled=disabled)  # fmt: skip


def change_layers(visit: state.Memory, goes_to: str, act, *arguments) -> None:
    visit.edit(act, *arguments)
    visit.layer = goes_to


# --- what follows from it


def show_layers(network: NetworkPlan) -> None:
    rows = [row for row in network.layers if row.kind not in ("Activation", "Rescaling", "Dropout")]
    lines = ["| Layer | Output | Parameters | Multiply-adds | Sees |", "|:--|:--|--:|--:|--:|"]
    for row in rows:
        sees = f"{row.receptive_field:,}" if row.receptive_stride else "all"
        numbers = (f"{number:,}" if number else "–" for number in (row.parameters, row.multiply_adds))
        lines.append(f"| {words.plain(row.name)} | {shape(row)} | {' | '.join(numbers)} | {sees} |")
    # One piece of Markdown: a dataframe takes the browser 200 ms more at each change and 600 more to open the page. The
    # container lets a telephone scroll the table sideways within it, and its button lets the keyboard reach it.
    with st.container(height=round(ROW_PIXELS * (len(lines) - 1)) + 64, border=False):
        st.markdown("\n".join(lines))
        st.download_button("Save the table", partial(table_csv, network), "layers.csv", "text/csv", icon=":material/table:", type="tertiary", on_click="ignore", key="save-table", help="Every layer with its numbers, as CSV.")  # fmt: skip
    st.caption(
        "Output: height × width × channels. Sees: side of the square of the photo that one number depends on, in pixels. "
        "Activations, dropout and rescaling change no shape and are left out."
    )


def show_receptive_field(network: NetworkPlan, chosen: str) -> None:
    draft, dataset = state.draft(), current_dataset()
    size = draft.network.input_size
    jpeg = photo(dataset.id if dataset else None, draft.photos.fit, size, draft.network.input_channels)
    fields = {row.name.split("_")[0]: row for row in picture.seen_by(network)}
    row = fields.get(chosen) or list(fields.values())[-1]
    name = row.name.split("_")[0]
    sees = f"{row.receptive_field:,} × {row.receptive_field:,}{words.NO_BREAK}pixels of {size:,} × {size:,}"
    beyond = ", more than the whole photo" if row.receptive_field > size else ""
    st.image(
        picture.receptive_fields(network, jpeg, size, colours(), name),
        width=330,
        alt=f"A photo with squares over it: one number of {name} sees {sees}",
    )
    st.caption(
        f"One number in the middle of {name} sees {sees}{beyond}; its neighbour {row.receptive_stride}{words.NO_BREAK}pixels further."
    )


@st.cache_data(max_entries=32, show_spinner=False)
def photo(dataset_id: str | None, fit: str, size: int, channels: int) -> bytes:
    return encode(originals(dataset_id, fit, size, channels)[0])


def show_differences(other: ExperimentConfig, name: str) -> None:
    visit, draft = state.memory(), state.draft()
    st.header(f"What {words.plain(name)} has otherwise")
    kind, _, preset_id = visit.compared.partition(":")
    if kind == "preset":
        preset = presets.PRESETS[preset_id]
        st.caption(f"{preset.summary} Source: {preset.source}")
    rows = differing(draft.network, other.network)
    if rows:
        columns = zip(*rows, strict=True)
        st.table(
            pd.DataFrame(dict(zip(("Setting", "Now", "There"), columns, strict=True))).map(words.plain),
            border="horizontal",
            hide_index=True,
            alt=f"{len(rows)} settings that differ",
        )
    else:
        st.caption("The two networks are the same.")
    st.button("Use that one", icon=":material/swap_horiz:", on_click=visit.ask, args=("", visit.take_settings, other), key="use-other", disabled=not rows, help="Takes its network, augmentation and training; your photos stay.")  # fmt: skip


# --- to take along


def show_files(network: NetworkPlan | None) -> None:
    draft = state.draft()
    st.header("Take it along")
    problems.show_said("load")
    with st.container(horizontal=True, gap="small"):
        st.download_button("Save as JSON", partial(saved, draft), f"{draft.preset}.json", "application/json", icon=":material/download:", on_click="ignore", key="save", help="The whole experiment: network, augmentation, training and seeds. The address of this page holds the same.")  # fmt: skip
        # dialogs: these buttons stand at the page's end, where a popover would get the few pixels below them
        st.button("Load JSON", icon=":material/upload:", on_click=load_file, key="load")
        if network is not None:
            st.button("Keras code", icon=":material/code:", on_click=show_code, args=(draft.network, num_classes()), key="code")  # fmt: skip
            st.download_button(
                "Save the picture", partial(drawn, draft, num_classes()), f"{draft.preset}.svg", "image/svg+xml",
                icon=":material/image:", on_click="ignore", key="save-picture", help="As SVG: sharp at any size, on a slide or in a paper.",
            )  # fmt: skip


@st.dialog("Keras code", width="large", icon=":material/code:")
def show_code(network: NetworkConfig, num_classes: int) -> None:
    source = keras_code(network, num_classes)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption("Runs as it stands and makes this network. Copy it, or save it as a file.", width="content")
        st.download_button("Save as network.py", source, "network.py", "text/x-python", icon=":material/download:", on_click="ignore", key="save-code")  # fmt: skip
    st.code(source, height=520)


@st.dialog("Load JSON", icon=":material/upload:")
def load_file() -> None:
    """Stays open, with the reason, while the file cannot be taken."""
    visit = state.memory()
    uploaded = st.file_uploader("A file saved here", type=["json"], max_upload_size=1, key="loaded-file")
    if uploaded is not None and uploaded.file_id != visit.loaded:
        take_upload(visit, uploaded)
    problems.show_said("load")


def take_upload(visit: state.Memory, uploaded) -> None:
    visit.loaded = uploaded.file_id
    with visit.trying("load"):
        if uploaded.size > MOST_FILE_BYTES:
            raise ConfigError(f"A saved experiment is smaller than 1 MB; this file has {uploaded.size / 1e6:.0f} MB. Choose another.")  # fmt: skip
        visit.take_file(uploaded.getvalue().decode("utf-8", "replace"))
        visit.say("done", "The experiment is loaded. Undo takes it back.", "load")
        state.redraw()


st.title("Network")
visit = state.memory()
visit.layer = nearest_layer(visit.layer, state.draft().network)
others = comparable()
show_tools(others)

draft, other = state.draft(), compared_experiment()
fault = network = needs = beside = None
try:
    network, needs = plan(draft.network, num_classes()), needs_of(draft)
except ConfigError as error:
    fault = error
if other is not None:
    beside = plan(other.network, num_classes()), needs_of(other)
full_size = max(draft.network.input_size, other.network.input_size if other else 0)
with st.container(gap="xsmall"):
    show_picture(picture.stages(draft.network, num_classes()), visit.layer, full_size, "This network")
    if other is not None:
        st.caption(f"Beside it, to the same scale: {words.plain(others[visit.compared])}")
        show_picture(picture.stages(other.network, num_classes()), "", full_size, others[visit.compared])
with st.container():
    if network is not None:
        show_totals(network, needs, beside)

editor, consequences = st.columns([5, 6], gap="large")
with editor:
    show_editor()
    with st.container():
        if fault is not None:
            show_fault(fault)
        else:
            show_advice(network, needs)
    with st.container():
        if network is not None:
            st.header("What a number sees")
            show_receptive_field(network, row_name(visit.layer))
with consequences:
    if network is not None:
        st.header("Where parameters and work are")
        st.image(picture.shares(network, colours(), row_name(visit.layer)), width="stretch", alt="Share of parameters and multiply-adds by layer: " + "; ".join(f"{name} {p:,} and {w:,}" for name, (p, w) in picture.by_layer(network).items()))  # fmt: skip
        st.header("Layer by layer")
        show_layers(network)
    else:
        st.caption("Table and shares return as soon as every layer has something to look at.")
with st.container():
    if other is not None:
        show_differences(other, others[visit.compared])
show_files(network)
