"""What loading a library leaves behind: nothing."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("before", [None, "", "/some/folder"])
def test_programs_started_later_do_not_look_for_libraries_in_the_current_folder(before):
    code = (
        "import os; from mediapreflight.people.opencv import load_cv2; "
        "from mediapreflight.people.runtime import load_mediapipe; kept = os.environ.get('LD_LIBRARY_PATH'); "
        "load_cv2(), load_mediapipe(), load_cv2(); assert kept == os.environ.get('LD_LIBRARY_PATH'), os.environ"
    )
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    if before is not None:
        environment["LD_LIBRARY_PATH"] = before
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_threads_that_load_it_at_once_leave_nothing_behind_either():
    code = (
        "import os, threading; from mediapreflight.people.opencv import load_cv2; kept = os.environ.get('LD_LIBRARY_PATH')\n"
        "seen, gate = [], threading.Barrier(8)\n"
        "def load(): gate.wait(); load_cv2(); seen.append(os.environ.get('LD_LIBRARY_PATH'))\n"
        "threads = [threading.Thread(target=load) for _ in range(8)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "assert kept == os.environ.get('LD_LIBRARY_PATH') and set(seen) == {kept}, seen"
    )
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
