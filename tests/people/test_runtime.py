"""Loading and closing: once, silently, from any thread, and with the line that fixes what is missing."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import mediapreflight
from mediapreflight.errors import MissingLibraryError
from mediapreflight.media.libraries import LOADABLE
from mediapreflight.people import runtime
from mediapreflight.people.runtime import Shared, quiet_stderr

PORTRAIT = Path(__file__).resolve().parents[2] / "fixtures" / "portrait.jpg"
SEE = f"from mediapreflight.people import see_picture\ndef see(): return len(see_picture({str(PORTRAIT)!r}, bodies=True).faces)\n"


def python(code, *, isolated=""):
    """What a fresh Python prints."""
    source = Path(mediapreflight.__file__).resolve().parents[1]
    paths = os.pathsep.join([isolated, str(source)] if isolated else [str(source)])
    return subprocess.run(
        [sys.executable, "-c", SEE + textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Counting:
    """A worker that counts how often it was made, closed and abandoned."""

    def __init__(self, log):
        self.log = log
        log.append("made")

    def close(self):
        self.log.append("closed")

    def abandon(self):
        self.log.append("abandoned")


class TestShared:
    def test_made_when_first_used_and_once(self):
        log = []
        shared = Shared(lambda: Counting(log))
        assert log == []
        with shared.use() as first:
            pass
        with shared.use() as second:
            assert first is second
        assert log == ["made"]

    def test_closed_and_made_anew(self):
        log = []
        shared = Shared(lambda: Counting(log))
        shared.close()
        with shared.use():
            pass
        shared.close()
        shared.close()
        with shared.use():
            pass
        assert log == ["made", "closed", "made"]

    def test_one_thread_at_a_time(self):
        shared, inside, most = Shared(lambda: Counting([])), [], []

        def work(number):
            with shared.use():
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(200)))
        assert max(most) == 1

    def test_what_fails_to_load_is_tried_again(self):
        log = []

        def make():
            log.append("tried")
            raise MissingLibraryError("x", "gone", "fix")

        shared = Shared(make)
        for _ in range(2):
            with pytest.raises(MissingLibraryError), shared.use():
                pass
        assert log == ["tried", "tried"]


class TestQuiet:
    def test_native_writes_are_not_seen_and_then_seen_again(self, capfd):
        os.write(2, b"before ")
        with quiet_stderr():
            os.write(2, b"hidden ")
            with quiet_stderr():
                os.write(2, b"nested ")
            os.write(2, b"hidden ")
        os.write(2, b"after")
        assert capfd.readouterr().err == "before after"

    def test_an_exception_brings_stderr_back(self, capfd):
        with pytest.raises(ValueError), quiet_stderr():
            raise ValueError
        os.write(2, b"seen")
        assert capfd.readouterr().err == "seen"

    def test_threads_leave_it_as_it_was(self, capfd):
        def work(number):
            with quiet_stderr():
                os.write(2, b"hidden")

        descriptors = len([*Path("/dev/fd").iterdir()]) if Path("/dev/fd").exists() else None
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(400)))
        os.write(2, b"seen")
        assert capfd.readouterr().err == "seen"
        # Fewer, where what other tests left was closed meanwhile.
        assert descriptors is None or len([*Path("/dev/fd").iterdir()]) <= descriptors

    def test_a_process_without_stderr(self):
        run = python(
            """
            import os
            os.close(2)
            from mediapreflight.people.runtime import quiet_stderr
            with quiet_stderr():
                pass
            print(see())
            """
        )
        assert run.stdout == "1\n"
        assert run.returncode == 0


class TestProcesses:
    @pytest.mark.parametrize("first", ["", pytest.param("import mediapipe", marks=pytest.mark.sweep)])
    def test_nothing_is_printed_but_the_answer(self, first):
        run = python(first + "\nprint(see())")
        assert (run.stdout, run.stderr, run.returncode) == ("1\n", "", 0)

    @pytest.mark.sweep
    def test_several_threads_see_the_same(self):
        run = python(
            """
            from concurrent.futures import ThreadPoolExecutor
            with ThreadPoolExecutor(4) as threads:
                print(list(threads.map(lambda _: see(), range(8))))
            """
        )
        assert (run.stdout, run.stderr) == (f"{[1] * 8}\n", "")

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
    def test_a_forked_child_sees_for_itself(self):
        run = python(
            """
            import os
            see()
            child = os.fork()
            if child == 0:
                print("child", see(), flush=True)
                os._exit(0)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "parent", see())
            """
        )
        assert run.stdout.split("\n")[:2] == ["child 1", "0 parent 1"]
        assert run.stderr == ""

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
    @pytest.mark.sweep
    def test_a_child_that_never_looks_ends_all_the_same(self):
        run = python(
            """
            import os, sys
            see()
            if os.fork() == 0:
                sys.exit(0)
            print(os.waitstatus_to_exitcode(os.wait()[1]))
            """
        )
        assert (run.stdout, run.stderr, run.returncode) == ("0\n", "", 0)


class TestMissingLibraries:
    @pytest.mark.parametrize(
        ("module", "error", "message"),
        [
            (
                "mediapipe",
                "raise ModuleNotFoundError('No module named mediapipe', name='mediapipe')",
                'mediapipe does not load (it is not installed); pip install "mediapreflight[people]"',
            ),
            (
                "mediapipe",
                "raise ModuleNotFoundError('No module named absl', name='absl')",
                'mediapipe does not load (No module named absl); pip install "mediapreflight[people]"',
            ),
            (
                "mediapipe",
                "raise OSError('libEGL.so.1: not found')",
                f"mediapipe does not load (libEGL.so.1: not found); {LOADABLE}",
            ),
            (
                "cv2",
                "raise ImportError('libGL.so.1: not found')",
                f"OpenCV does not load (libGL.so.1: not found); {LOADABLE}",
            ),
            (
                "cv2",
                "raise ModuleNotFoundError('No module named cv2', name='cv2')",
                'OpenCV does not load (it is not installed); pip install "mediapreflight[people]"',
            ),
        ],
    )
    def test_the_message_is_the_line_that_fixes_it(self, tmp_path, module, error, message):
        (tmp_path / f"{module}.py").write_text(error)
        run = python(
            """
            from mediapreflight.errors import MissingLibraryError
            for _ in range(2):
                try:
                    see()
                except MissingLibraryError as error:
                    print(error)
            """,
            isolated=str(tmp_path),
        )
        assert run.stdout == f"{message}\n" * 2
        assert run.stderr == ""

    def test_a_system_library_of_mediapipe(self):
        run = python(
            """
            import ctypes
            real = ctypes.CDLL
            def without_egl(name, *arguments, **options):
                if name and "libmediapipe" in str(name):
                    raise OSError("libGLESv2.so.2: cannot open shared object file: No such file or directory")
                return real(name, *arguments, **options)
            ctypes.CDLL = without_egl
            from mediapreflight.errors import MissingLibraryError
            try:
                see()
            except MissingLibraryError as error:
                print(error.library, "|", error.fix)
            """
        )
        assert run.stdout == f"mediapipe | {LOADABLE}\n"
        assert run.stderr == ""

    def test_av(self, tmp_path):
        (tmp_path / "av.py").write_text("raise ImportError('no FFmpeg')")
        run = python(
            f"""
            from mediapreflight.people import listen, watch_video
            from mediapreflight.errors import MissingLibraryError
            for look, name in ((listen, "voice.wav"), (watch_video, "talking-head.mp4")):
                try:
                    look({str(PORTRAIT.parent)!r} + "/" + name)
                except MissingLibraryError as error:
                    print(error)
            """,
            isolated=str(tmp_path),
        )
        assert run.stdout == "PyAV does not load (no FFmpeg); pip install av\n" * 2


def test_models_are_read_from_the_package():
    for name in ("blaze_face_short_range.tflite", "centerface.onnx", "pose_landmarker_full.task", "yunet_2023mar.onnx"):
        assert len(runtime.model_data(name)) == len(runtime.model_array(name)) > 100_000


def test_a_large_model_is_read_by_its_path_where_opencv_can_open_it(tmp_path, monkeypatch):
    for name, kind in {"plain": str, "\u9762": np.ndarray}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "model").write_bytes(b"123")
        monkeypatch.setattr(runtime, "_ASSETS", tmp_path / name)
        assert isinstance(runtime.model_source("model"), kind)
