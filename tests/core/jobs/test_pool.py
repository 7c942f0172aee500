import os
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from core.jobs import pool

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def helpers_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def test_every_task_is_answered_once():
    tasks = [{"number": n, "text": "ü\udcff\n"} for n in range(50)]
    with closing(pool.run("photo_makers:echoes", tasks)) as answers:
        found = dict(answers)
    assert [found[n] for n in range(50)] == tasks


def test_a_child_that_dies_or_hangs_costs_its_task_alone(tmp_path):
    from photo_makers import write_photo

    names = [*(f"{n}.jpg" for n in range(8)), "crash.jpg", "hang.jpg", "crash2.jpg"]
    tasks = [{"path": str(write_photo(tmp_path / name, seed))} for seed, name in enumerate(sorted(names))]
    with closing(pool.run("photo_makers:aborts_on_some", tasks, timeout_seconds=3)) as answers:
        found = {Path(tasks[index]["path"]).name: answer for index, answer in answers}
    lost = {name: str(answer) for name, answer in found.items() if isinstance(answer, pool.Lost)}
    assert len(found) == len(names)
    assert set(lost) == {"crash.jpg", "crash2.jpg", "hang.jpg"}
    assert "crashed" in lost["crash.jpg"] and "over 3 seconds" in lost["hang.jpg"]


def test_a_bug_costs_its_task_alone_and_keeps_its_traceback(capsys):
    tasks = [{"number": number} for number in range(6)]
    with closing(pool.run("photo_makers:fails_at_three", tasks)) as answers:
        found = dict(answers)
    assert [number for number, answer in found.items() if isinstance(answer, pool.Lost)] == [3]
    assert "a bug of ours" in capsys.readouterr().err


def test_a_function_that_does_not_exist_is_a_bug_not_an_endless_loop():
    with pytest.raises(RuntimeError), closing(pool.run("photo_makers:nothing", [{}])) as answers:
        list(answers)


def test_closing_early_ends_the_children():
    before = set(psutil.Process().children())
    answers = pool.run("photo_makers:echoes", [{}] * 100)
    next(answers)
    assert set(psutil.Process().children()) - before
    answers.close()
    assert not set(psutil.Process().children()) - before


def test_children_import_neither_the_parents_main_nor_heavy_libraries(tmp_path):
    import subprocess
    import sys

    script = tmp_path / "main_script.py"
    script.write_text(
        "print('main ran', flush=True)\n"
        "import sys\n"
        "from core.jobs import pool\n"
        "(_, answer), = pool.run('photo_probe:modules', [{}])\n"
        "print(sorted({'tensorflow', 'keras', 'pandas', 'streamlit', 'main_script'} & set(answer['modules'])))\n"
    )
    (tmp_path / "photo_probe.py").write_text(
        "import sys\nimport core.photos.checks.scan, core.photos.cache\ndef modules(task):\n    return {'modules': list(sys.modules)}\n"
    )
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(tmp_path)])}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines() == ["main ran", "[]"]


def test_children_that_others_end_cost_no_task(monkeypatch):
    monkeypatch.setattr(pool, "num_cores", lambda: 2)
    tasks = [{"number": number} for number in range(40)]
    with closing(pool.run("photo_makers:echoes", tasks)) as answers:
        found = dict([next(answers)])
        for child in psutil.Process().children():
            child.kill()
        found |= dict(answers)
    assert [found[number] for number in range(40)] == tasks


def test_a_child_that_dies_idle_is_replaced_and_the_next_task_is_not_charged():
    tasks = [{"number": number} for number in range(12)]
    with closing(pool.run("photo_makers:dies_when_idle", tasks)) as answers:
        assert sorted((index, answer["number"]) for index, answer in answers) == [(n, n) for n in range(12)]
