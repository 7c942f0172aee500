"""The child process answers, dies, hangs and is replaced; whoever asks gets an answer or a sentence."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from quick_predictor import quick_predictor
from tiny_run import keep, random_model

from core.answers import predictor as predictors
from core.answers.classify import Classifier
from core.answers.network import load_network
from core.answers.predictor import Predictor, get_predictor
from core.errors import ModelError, RunError
from core.jobs.children import Child, Program
from core.photos.files.pixels import fit_image
from core.workspace.folders import PROJECT


@pytest.fixture(scope="module")
def shared():
    """One predictor for all tests that leave it able to answer: each start of a child costs seconds."""
    predictor = Predictor()
    yield predictor
    predictor.close()


@pytest.fixture
def own():
    """A predictor that has no child yet."""
    predictor = Predictor()
    yield predictor
    predictor.close()


@pytest.fixture
def quick():
    """A predictor whose child starts at once."""
    predictor = quick_predictor()
    yield predictor
    predictor.close()


@pytest.fixture
def sent(monkeypatch) -> threading.Semaphore:
    """sent.acquire() waits until a question lies with the child whole, and is waited for."""
    semaphore, receive = threading.Semaphore(0), Child.receive

    def spy(*arguments):
        semaphore.release()
        return receive(*arguments)

    monkeypatch.setattr(Child, "receive", spy)
    return semaphore


def wait_until(condition) -> None:
    """Until it is true; a minute is far beyond what any of these takes."""
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # nobody reaps in a container without init
    except psutil.NoSuchProcess:
        return True


def stopped(process: subprocess.Popen) -> subprocess.Popen:
    os.kill(process.pid, signal.SIGSTOP)
    return process


def probabilities(answers) -> list[dict]:
    return [answer.probabilities for answer in answers]


def test_answers_equal_those_of_the_same_network_here(shared, make_run, photos):
    run = make_run()
    for ours, theirs in zip(
        Classifier(load_network(run)).classify(photos), shared.classify(run.id, photos), strict=True
    ):
        assert list(theirs.probabilities) == ["cats", "dogs"]
        assert theirs.probabilities == pytest.approx(ours.probabilities, abs=1e-6)
        assert theirs.seen.dtype == np.uint8 and np.array_equal(theirs.seen, ours.seen)


def test_views_that_are_not_contiguous_are_sent_as_they_look(shared, make_run, photos):
    run = make_run()
    turned = photos[0].transpose(1, 0, 2)[::-1]
    answer = shared.classify(run.id, [turned])[0]
    assert np.array_equal(answer.seen, fit_image(np.ascontiguousarray(turned), 16, "squash"))


def test_many_photos_go_in_several_frames_and_come_back_in_order(shared, make_run, photos, monkeypatch):
    run = make_run()
    monkeypatch.setattr(predictors, "MAX_FRAME_BYTES", photos[3].nbytes)  # the largest alone, the others together
    assert [len(group) for group in predictors._groups(photos)] == [3, 1, 1]
    for photo, answer in zip(photos, shared.classify(run.id, photos), strict=True):
        assert np.array_equal(answer.seen, fit_image(photo, 16, "squash"))


def test_two_who_ask_at_once_each_get_their_own_answers(shared, make_run, photos):
    first, second = make_run(seed=1), make_run(seed=2)
    expected = {run.id: probabilities(shared.classify(run.id, photos)) for run in (first, second)}
    assert expected[first.id] != expected[second.id]

    def ask(number: int) -> bool:
        run = (first, second)[number % 2]
        photo = number % len(photos)
        return probabilities(shared.classify(run.id, photos[photo : photo + 1]))[0] == pytest.approx(
            expected[run.id][photo], abs=1e-6
        )

    with ThreadPoolExecutor(2) as visitors:
        assert all(visitors.map(ask, range(40)))


def test_better_weights_of_a_run_in_training_are_noticed(shared, make_run, photos):
    run = make_run(seed=1)
    before = probabilities(shared.classify(run.id, photos))
    keep(run, random_model(run, seed=2))
    os.utime(run.checkpoint, ns=(1, 1))  # whatever the clock of the file system resolves
    assert probabilities(shared.classify(run.id, photos)) != before


def test_more_runs_than_are_kept_in_memory_are_all_answered(shared, make_run, photos):
    runs = [make_run(seed=seed) for seed in range(predictors.NUM_MODELS + 2)]
    first = [probabilities(shared.classify(run.id, photos[:1])) for run in runs]
    again = [probabilities(shared.classify(run.id, photos[:1])) for run in runs]
    assert first == again


def test_no_photos_start_no_process(own, make_run):
    assert own.classify(make_run().id, []) == []
    assert own.pid is None


@pytest.mark.parametrize("run_id", ["250101-000000-none", "../../etc", ""])
def test_a_run_that_does_not_exist_starts_no_process(own, photos, run_id):
    with pytest.raises(RunError):
        own.classify(run_id, photos)
    assert own.pid is None


def test_a_run_without_weights_starts_no_process(own, make_run, photos):
    with pytest.raises(ModelError, match="no trained weights yet"):
        own.classify(make_run(kept=False).id, photos)
    assert own.pid is None


def test_anything_but_pixels_is_refused_before_it_is_sent(own, make_run):
    with pytest.raises(ValueError, match="uint8"):
        own.classify(make_run().id, [np.zeros((4, 4, 3))])


def test_sentences_of_the_child_arrive_and_it_lives_on(shared, make_run, photos):
    good, damaged = make_run(), make_run()
    shared.classify(good.id, photos)
    pid = shared.pid
    data = bytearray(damaged.checkpoint.read_bytes())
    data[-1] ^= 1
    damaged.checkpoint.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        shared.classify(damaged.id, photos)
    assert len(shared.classify(good.id, photos)) == len(photos)
    assert shared.pid == pid


def test_bugs_of_the_child_arrive_as_bugs_and_it_lives_on(shared, make_run, photos):
    run = make_run()
    shared.classify(run.id, photos)
    pid = shared.pid
    with pytest.raises(RuntimeError, match="KeyError"):
        question = {"verb": "classify", "workspace": str(run.folder.parent.parent), "run": run.id}
        shared.child.ask(question, timeout_seconds=60)
    assert len(shared.classify(run.id, photos)) == len(photos)
    assert shared.pid == pid


def test_a_child_killed_between_two_questions_is_replaced(shared, make_run, photos):
    run = make_run()
    before, pid = probabilities(shared.classify(run.id, photos)), shared.pid
    os.kill(pid, signal.SIGKILL)
    assert probabilities(shared.classify(run.id, photos)) == before
    assert shared.pid != pid


def test_a_child_killed_while_it_answers_is_replaced_once_and_then_said_to_be_ill(
    quick, make_run, photos, sent, monkeypatch
):
    run, photo = make_run(), photos[:1]  # small enough for a pipe
    before, pid = probabilities(quick.classify(run.id, photo)), quick.pid
    sent.acquire()
    with ThreadPoolExecutor(1) as visitor:
        os.kill(pid, signal.SIGSTOP)  # it has the question and cannot answer
        asked = visitor.submit(quick.classify, run.id, photo)
        sent.acquire()
        os.kill(pid, signal.SIGKILL)
        assert probabilities(asked.result()) == before
        sent.acquire()

        pid = quick.pid
        os.kill(pid, signal.SIGSTOP)
        start = Program.start
        monkeypatch.setattr(Program, "start", lambda program: stopped(start(program)))
        asked = visitor.submit(quick.classify, run.id, photo)
        sent.acquire()
        os.kill(pid, signal.SIGKILL)
        sent.acquire()
        assert quick.pid != pid
        os.kill(quick.pid, signal.SIGKILL)  # while it starts
        monkeypatch.setattr(Program, "start", start)
        with pytest.raises(ModelError, match=r"ended twice.*SIGKILL"):
            asked.result()
    assert probabilities(quick.classify(run.id, photo)) == before


def test_an_answer_that_was_not_read_to_its_end_is_not_taken_for_the_next(quick, make_run, photos, monkeypatch):
    run = make_run()
    before = probabilities(quick.classify(run.id, photos))

    def fail(*_):
        raise MemoryError

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(Child, "receive", fail)
        quick.classify(run.id, photos[:1])
    assert probabilities(quick.classify(run.id, photos)) == before


def test_a_child_that_hangs_is_ended_with_a_sentence(quick, make_run, photos, monkeypatch):
    run = make_run()
    before, pid = probabilities(quick.classify(run.id, photos)), quick.pid
    os.kill(pid, signal.SIGSTOP)
    with monkeypatch.context() as patch, pytest.raises(ModelError, match="not answered within"):
        patch.setattr(quick, "timeout_seconds", 0.2)
        quick.classify(run.id, photos * 20)  # more than a pipe holds: it hangs while it is written to
    assert is_gone(pid)
    assert probabilities(quick.classify(run.id, photos)) == before


def test_who_waits_too_long_for_a_turn_gets_a_sentence(own, make_run, photos):
    run = make_run()
    own.timeout_seconds = 0.1
    with own.child.turn, pytest.raises(ModelError, match="not your turn yet"):
        own.classify(run.id, photos)


def test_an_idle_child_ends_and_the_next_question_starts_another(make_run, photos):
    run = make_run()
    predictor = quick_predictor(idle_seconds=0.3)
    try:
        predictor.warm()
        pid = predictor.pid
        wait_until(lambda: is_gone(pid))
        assert len(predictor.classify(run.id, photos)) == len(photos)
        wait_until(lambda: predictor.pid is None)
    finally:
        predictor.close()


def test_warm_starts_one_process_and_does_not_wait(own):
    own.warm()
    pid = own.pid
    assert pid is not None
    own.warm()
    assert own.pid == pid
    with own.child.turn:
        own.warm()  # somebody is being answered


def test_closing_ends_the_process_even_in_the_middle_of_an_answer(make_run, photos, sent):
    run, photo = make_run(), photos[:1]
    predictor = Predictor()
    predictor.warm()
    pid = predictor.pid
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as visitor:
        asked = visitor.submit(predictor.classify, run.id, photo)
        sent.acquire()
        predictor.close()
        with pytest.raises(RunError, match="closing"):
            asked.result()
    assert is_gone(pid)
    predictor.close()
    with pytest.raises(RunError, match="closing"):
        predictor.classify(run.id, photo)


def test_a_forgotten_predictor_takes_its_process_with_it():
    predictor = Predictor()
    predictor.warm()
    pid = predictor.pid
    del predictor  # as when Streamlit reloads a module that was saved
    assert is_gone(pid)


def test_the_process_does_not_outlive_a_server_that_is_killed(workspace):
    code = "import time; from core.answers.predictor import get_predictor as g; g().warm(); print(g().pid, flush=True); time.sleep(600)"
    server = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        pid = int(server.stdout.readline())
        assert os.getsid(pid) == pid, "a session of its own: Ctrl-C in the terminal does not reach it"
        assert not is_gone(pid)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    wait_until(lambda: is_gone(pid))


def test_what_libraries_print_does_not_get_between_the_answers(own, make_run, photos, tmp_path, monkeypatch):
    # Python imports sitecustomize at its start; this one prints in both ways while TensorFlow is imported.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "class Noisy:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'tensorflow':\n"
        "            print('noise', flush=True)\n"
        "            os.system('echo noise')\n"
        "sys.meta_path.insert(0, Noisy())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run = make_run()
    assert len(own.classify(run.id, photos)) == len(photos)


def test_all_visitors_share_one_predictor_until_it_is_closed():
    with ThreadPoolExecutor(8) as visitors:
        found = set(visitors.map(lambda _: get_predictor(), range(32)))
    assert len(found) == 1
    first = found.pop()
    first.close()
    assert get_predictor() is not first
    assert get_predictor() is get_predictor()


def test_asking_imports_no_tensorflow():
    code = "import sys, core.answers.predictor; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_the_child_keeps_off_the_graphics_card_and_behind_the_server(own):
    own.warm()
    child = psutil.Process(own.pid)
    wait_until(lambda: child.nice() == min(19, psutil.Process().nice() + 5))
    assert child.environ()["CUDA_VISIBLE_DEVICES"] == ""
