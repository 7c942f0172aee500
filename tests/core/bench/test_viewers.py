import json
import threading
import time

import pytest
from coroutines import run_coroutine
from streamlit.proto.AutoRerun_pb2 import AutoRerun, StopAutoRerun
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, ForwardMsgMetadata
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.proto.PageInfo_pb2 import PageInfo

from core.bench import viewers
from core.bench.processes import server, sparse_dataset, watched
from core.bench.viewers import Seen, Viewer, newest_x
from core.bench.wire import fields, flag, part
from core.jobs.events import EventLog
from core.network import presets
from core.runs.history import History
from core.runs.store import create_run
from core.runs.trust import Guess
from core.workspace.lock import Lock
from pages.parts.live_chart.data import chart_data

RUN_IDENTITY = ForwardMsgMetadata.DESCRIPTOR.fields_by_name["run"].message_type


@pytest.mark.parametrize(
    "descriptor, numbers",
    [
        (BackMsg.DESCRIPTOR, viewers.BACK_MSG),
        (ClientState.DESCRIPTOR, viewers.CLIENT_STATE),
        (ForwardMsg.DESCRIPTOR, viewers.FORWARD_MSG),
        (ForwardMsgMetadata.DESCRIPTOR, viewers.METADATA),
        (RUN_IDENTITY, viewers.RUN_IDENTITY),
        (NewSession.DESCRIPTOR, viewers.NEW_SESSION),
        (AutoRerun.DESCRIPTOR, viewers.AUTO_RERUN),
        (StopAutoRerun.DESCRIPTOR, viewers.STOP_AUTO_RERUN),
        (PageInfo.DESCRIPTOR, viewers.PAGE_INFO),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_numbers_of_fields_are_streamlits(descriptor, numbers):
    assert numbers == {name: descriptor.fields_by_name[name].number for name in numbers}


def test_what_a_viewer_asks_is_what_streamlit_understands():
    sent = []

    class Socket:
        async def send(self, data):
            sent.append(BackMsg.FromString(data).rerun_script)

    viewer = Viewer(0, "nowhere", "run=abc", Seen())
    viewer.socket = Socket()
    run_coroutine(viewer.ask())
    viewer.page_hash, viewer.held = "hash", ["x" * 300]
    run_coroutine(viewer.ask("fragment"))
    assert (sent[0].query_string, sent[0].page_name, sent[0].is_auto_rerun) == ("run=abc", "training", False)
    assert (sent[1].page_script_hash, sent[1].fragment_id, sent[1].is_auto_rerun) == ("hash", "fragment", True)
    assert list(sent[1].cached_message_hashes) == ["x" * 300]


def test_fields_are_read_as_protobuf_writes_them():
    message = ForwardMsg(hash="ü" * 200, script_finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    message.metadata.run.fragment_ids.extend(["a", "b"])
    content = dict(fields(message.SerializeToString()))
    assert content[1].decode() == "ü" * 200
    assert content[6] == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    assert viewers._fragments(content) == ["a", "b"]
    assert list(fields(part(7, "x") + flag(300))) == [(7, b"x"), (300, 1)]
    with pytest.raises(ValueError, match="no protobuf message"):
        list(fields(message.SerializeToString()[:-1]))


def test_the_newest_point_is_read_from_a_chart_and_from_nothing_else():
    history = History(num_epochs=3, steps_per_epoch=8)
    for name, values in {"step": [4, 9], "epoch": [1, 2], "loss": [0.7, 0.6], "accuracy": [0.5, 0.6]}.items():
        history.batches[name] += values
    data = json.dumps(chart_data(history, "loss", Guess.even(2)))
    assert newest_x(b"\x0a\x00" + data.encode() + b"\x00") == 1.125
    assert newest_x(data.replace(" ", "").encode().replace(b"eachbatch", b"each batch")) == 1.125
    assert newest_x(json.dumps(chart_data(History(), "loss", Guess.even(2))).encode()) is None
    assert newest_x(b"anything else") is None


@pytest.mark.slow
def test_viewers_of_a_real_server_see_every_event_of_a_run_arrive():
    run = create_run(presets.experiment("narrow"), sparse_dataset(400))
    log, ends = EventLog(run.events_path), threading.Event()
    started = {"device": "CPU", "precision": "float32", "num_epochs": 9, "steps_per_epoch": 8, "num_train": 64}
    log.append("started", **started)

    def train():
        step = 0
        while not ends.wait(0.1):
            step += 1
            figures = {"loss": 0.7, "accuracy": 0.5, "photos_per_second": 9.0, "eta_seconds": 9.0}
            log.append("batch", epoch=step // 8 + 1, step=step, learning_rate=0.1, **figures)

    with Lock(run.folder / "lock"), server() as (address, _):
        thread = threading.Thread(target=train)
        thread.start()
        try:
            with watched(address, run, 2) as seen:
                time.sleep(3)
        finally:
            ends.set()
            thread.join()
    log.close()
    for number in (0, 1):
        newest = [x for viewer, _, x in seen["points"] if viewer == number]
        assert newest == sorted(newest) and newest[-1] > newest[0]
        assert sum(viewer == number for viewer, _, _ in seen["ticks"]) >= 2
