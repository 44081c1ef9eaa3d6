"""How long a command takes that has next to nothing to do: `python benchmarks/startup.py [--runs 41]`.

The whole process, beside an interpreter that imports three modules of the standard library, and where people are looked for, the
large libraries. The picture lies in a temporary folder, below no configuration.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from side_by_side import FIXTURES, in_turns, machine, processor_time, run, table


def main() -> int:
    """Prints the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=41, help="how often each side runs (default: 41)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        picture = shutil.copy(FIXTURES / "portrait.jpg", folder)
        cache = {"MEDIAPREFLIGHT_CACHE_DIR": str(Path(folder) / "cache")}
        python, ours = sys.executable, (sys.executable, "-m", "mediapreflight")
        one_picture = (*ours, "check", "--model", "liveportrait", picture, "--level")
        reference = "python -c 'import argparse, json, pathlib'"
        sides = {
            reference: lambda: run(python, "-c", "import argparse, json, pathlib"),
            "python -c 'import msgspec'": lambda: run(python, "-c", "import msgspec"),
            "mediapreflight --version": lambda: run(*ours, "--version"),
            "check, one picture, metadata": lambda: run(*one_picture, "metadata", environment=cache),
            "check, one picture, content, unchanged": lambda: run(*one_picture, "content", environment=cache),
        }
        print(f"{machine('mediapreflight', 'msgspec')}; medians of {runs} runs in turns")
        table("start-up", in_turns(sides, runs), reference, "aim: metadata under 2.5")
        libraries = "python -c 'import numpy, cv2, av, PIL.Image'"
        voice, out = f"audio={FIXTURES / 'voice.mp3'}", Path(folder) / "out"
        sides = {
            libraries: lambda: run(python, "-c", "import numpy, cv2, av, PIL.Image"),
            "check, one EMO job": lambda: run(*ours, "check", "--no-cache", "--model", "emo-v1", f"image={picture}", voice),
            "faces, one portrait": lambda: run(*ours, "faces", picture),
            "prepare, one portrait": lambda: run(*ours, "prepare", "--model", "emo-v1", picture, "--out", out, "--overwrite"),
        }
        seconds = in_turns(sides, max(runs // 4, 3), processor_time)
        table("people, cold, processor time", seconds, libraries, "aims: check 2.2, faces 1.6, prepare 2.0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
