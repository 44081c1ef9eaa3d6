"""Any number of threads and processes may use the package at once: the results are the same, and the process stays as it was."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ..cli.conftest import environment
from ..media.make import FIXTURES

pytestmark = pytest.mark.sweep

# What other code of a process relies on, as text that can be compared.
WORK = textwrap.dedent("""
    import json, locale, logging, multiprocessing, os, signal, sys, tempfile, threading, warnings
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from pathlib import Path
    # It adds to the filters of warnings, whoever imports it first.
    import numpy

    FIXTURES = Path(sys.argv[1])
    FILES = [str(FIXTURES / name) for name in sys.argv[4].split(",")]

    def state():
        import random
        loggers = [logging.getLogger(), *(logging.getLogger(name) for name in ("", "av", "PIL", "absl", "mediapipe", "cv2"))]
        return {
            # Of OpenCV: where its windows find what they need.
            "environment": {name: value for name, value in os.environ.items() if not name.startswith("QT_QPA_")},
            "folder": os.getcwd(),
            "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
            "warnings": list(map(str, warnings.filters)),
            "locale": locale.setlocale(locale.LC_ALL),
            "levels": [logger.level for logger in loggers],
            "root handlers": list(map(str, logging.getLogger().handlers)),
            "start method": multiprocessing.get_start_method(allow_none=True),
            "hooks": [str(sys.excepthook), str(threading.excepthook), str(sys.displayhook)],
            "recursion": sys.getrecursionlimit(),
            "path": list(sys.path),
            "mask": (mask := os.umask(0), os.umask(mask))[0],
            "streams": [str(sys.stdout), str(sys.stderr)],
            "temp": tempfile.tempdir,
            "random": hash(random.getstate()),
            "int digits": sys.get_int_max_str_digits(),
        }

    def results(number=0):
        from mediapreflight import Job, check, check_many, plan, prepare_jobs
        from mediapreflight.media.probe import probe
        level = sys.argv[3]
        said = [repr(probe(path)) for path in FILES]
        said += [report.to_json() for report in check_many(FILES, model="videoretalk", level=level)]
        said.append(check([Job("videoretalk", audio=path) for path in FILES], level=level).to_json())
        jobs = [Job("wan2.6-i2v", audio=str(FIXTURES / "formats/voice.flac"), whole=False)]
        said.append(json.dumps([each.to_dict() for each in plan(jobs)], default=repr))
        with tempfile.TemporaryDirectory() as out:
            made = prepare_jobs(jobs, out=out, level=level)
            said.append(repr([item.record for item in made]).replace(out, "OUT"))
        return said

    def main():
        before = state()
        alone = results()
        how = sys.argv[2]
        if how == "threads":
            with ThreadPoolExecutor(4) as pool:
                others = list(pool.map(results, range(4)))
            after = state()
        else:
            # From here on, it is the pool that changes what is set.
            after = state()
            # What was looked at before in this process must not hinder a child that is forked off it.
            with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(how)) as pool:
                others = list(pool.map(results, range(3)))
        assert all(other == alone for other in others)
        print(json.dumps({name: [before[name], after[name]] for name in before if before[name] != after[name]}, default=str))

    if __name__ == "__main__":
        main()
""")
QUICK_FILES = ("formats/rgb.png", "formats/cbr.mp3", "formats/h264.mp4", "faults/truncated.mp4", "faults/text-bomb.png")
MORE_FILES = ("portrait.jpg", "voice.wav", "talking-head.mp4", "formats/vp9.webm", "faults/corrupt-scan.jpg", "formats/rgb.avif")


def assert_same(folder: Path, how: str, level: str, files: tuple[str, ...]) -> None:
    script = folder / "script.py"
    script.write_text(WORK)
    command = [sys.executable, script, FIXTURES, how, level, ",".join(files)]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    # `tempfile` finds out where its files go when it is first asked; that is Python's own, and what the script asks for.
    assert json.loads(done.stdout).keys() <= {"temp"}, done.stdout


@pytest.mark.parametrize("how", ["threads", pytest.param("spawn", marks=pytest.mark.release), "fork"])
def test_results_and_state(tmp_path: Path, how: str) -> None:
    if how == "fork" and not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    assert_same(tmp_path, how, "decode", QUICK_FILES)


@pytest.mark.release
@pytest.mark.parametrize("how", ["threads", "spawn", "fork"])
def test_with_people(tmp_path: Path, how: str) -> None:
    assert_same(tmp_path, how, "content", QUICK_FILES + MORE_FILES)


def test_import_changes_nothing(tmp_path: Path) -> None:
    """Not even that of every module: what is set up is set up where it is used, and put back."""
    script = textwrap.dedent("""
        import importlib, json, logging, multiprocessing, os, pkgutil, signal, sys, threading, warnings
        import numpy
        def state():
            environment = {name: value for name, value in os.environ.items() if not name.startswith("QT_QPA_")}
            handlers = list(map(str, logging.getLogger().handlers))
            signals = [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())]
            method = multiprocessing.get_start_method(allow_none=True)
            hooks = [str(sys.excepthook), str(threading.excepthook)]
            return [environment, os.getcwd(), signals, handlers, method, hooks]
        before, filters = state(), warnings.filters[:]
        import mediapreflight
        for found in pkgutil.walk_packages(mediapreflight.__path__, "mediapreflight."):
            if not found.name.endswith(("__main__", "ray")):
                importlib.import_module(found.name)
        from mediapreflight.people.opencv import load_cv2
        from mediapreflight.people.runtime import load_mediapipe
        cv2 = load_cv2()
        threads = cv2.getNumThreads()
        load_mediapipe()
        after = state()
        # Libraries add filters for warnings of their own; none of those that were there may go.
        kept = [each for each in warnings.filters if each in filters] == filters
        print(json.dumps([threads == cv2.getNumThreads(), kept, *(a == b for a, b in zip(before, after))]))
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True] * 8
