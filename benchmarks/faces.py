"""How well and how fast faces are found, beside what people use today.

    python benchmarks/faces.py counts FOLDER [--others PYTHON]
    python benchmarks/faces.py covered FOLDER
    python benchmarks/faces.py rules FOLDER [--set NAME]
    python benchmarks/faces.py speed [PICTURE.jpg ...]
    python benchmarks/faces.py video [CLIP.mp4]
    python benchmarks/faces.py memory [FOLDER]

`counts` and `covered` go by `faces.csv`: pictures of public repositories, labelled by eye on contact sheets that showed no
boxes of a detector; afterwards one label was set right (a poster with a drawn face) and one unclear picture left out. They lie
in the folder as `owner/name/path`; those that are missing are left out. `counts` compares ours, by stratum, with CenterFace and
YuNet by themselves, and, run by the interpreter of an environment with autocrop 2.0 and mediapipe 0.10 (whose later versions
hold one BlazeFace model only), with autocrop and both BlazeFace models, all as they come. To get the pictures, clone each
repository of the first column, as `git clone --depth 1 https://github.com/OWNER/NAME FOLDER/OWNER/NAME`. The thresholds were
set on the half whose paths have an even SHA-1; the figures of the two halves stand apart. What makes the weights that `covered`
judges by, and counts them on other pictures and on drawn ones, is `scripts/covering.py`. `rules` goes by `people.csv`, pictures
labelled by eye before anything was run on them: what a rule should find, and with `~` what the eye could not decide, which is not
counted. `README.md` tells which labels were set right afterwards, and what the sets are; with `--set` only one of them is judged.
From those that are `aligned` it also makes faces that are small, cut off, tilted, blurred and so on, because such pictures are
rare. `speed` compares with the bare reduced decode, and with autocrop where it is installed. Without arguments, `speed` and
`video` make their own media from the fixtures: a picture of 12 megapixels, a minute of 1080p.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFilter

from mediapreflight import Finding, Job, check
from mediapreflight.catalog import Catalog
from mediapreflight.media.image.pixels import load_picture
from mediapreflight.people import UnreadableMediaError, see_picture, watch_video
from mediapreflight.people.centerface import CenterFace
from mediapreflight.people.faces import LONGEST_SIDE
from mediapreflight.people.yunet import YuNet
from mediapreflight.rules.people.face_possibly_covered import COVERED_MAX, TURNED_DEG

if TYPE_CHECKING:
    from mediapreflight.media.image.pixels import Rgb

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
LABELS = Path(__file__).with_suffix(".csv")
CENTERFACE_SCORE, YUNET_SCORE = 0.5, 0.7
# Run by another interpreter: of each picture named on a line, how many faces each of them counts.
OTHERS = ("autocrop", "BlazeFace near", "BlazeFace far")
COUNT_OTHERS = """
import json, sys
import numpy as np
from autocrop import Cropper
from mediapipe.python.solutions.face_detection import FaceDetection
from PIL import Image, ImageOps
cropper, near, far = Cropper(), FaceDetection(model_selection=0), FaceDetection(model_selection=1)
for line in sys.stdin:
    with Image.open(line.rstrip("\\n")) as stored:
        picture = ImageOps.exif_transpose(stored).convert("RGB")
    counts = [len(cropper.crop(np.array(picture)[:, :, ::-1].copy()).diagnostics.faces)]
    picture.thumbnail((1024, 1024))
    counts += [len(each.process(np.array(picture)).detections or ()) for each in (near, far)]
    print(json.dumps(counts))
"""
PEOPLE = LABELS.with_name("people.csv")
# All rules over faces and bodies apply to its pictures.
ANYBODY = """
id = "anybody"
extends = "emo-detect-v1"
[roles.image.content]
bodies = "one"
framing = ["half", "full"]
"""
# For each rule over one face, and over one body, the words in `people.csv` for what it should find.
OF_A_FACE = {
    "FACE003": {"small"},
    "FACE004": {"large"},
    "FACE005": {"cut"},
    "FACE006": {"turned", "profile"},
    "FACE007": {"tilted"},
    "FACE008": {"blurred"},
    "FACE009": {"dark"},
    "FACE010": {"covered"},
}
OF_A_BODY = {"BODY003": {"head", "part"}, "BODY004": {"side", "back"}, "BODY005": {"sitting"}, "BODY006": {"hidden"}}

Count = Callable[[Path], int]
Expected = dict[str, bool]
# The faults that can be made in an aligned picture: its face is about from 0.22 to 0.78 across and from 0.3 to 0.86 down.
MADE: dict[str, Callable[[Image.Image], Image.Image]] = {
    "FACE003": lambda picture: _framed(picture, -4.5, -4.5, 5.5, 5.5),
    "FACE004": lambda picture: _framed(picture, 0.22, 0.3, 0.78, 0.86),
    "FACE005": lambda picture: _framed(picture, 0.4, 0.0, 1.0, 1.0),
    "FACE007": lambda picture: picture.rotate(35, Image.Resampling.BICUBIC),
    "FACE008": lambda picture: picture.filter(ImageFilter.GaussianBlur(0.025 * picture.width)),
    "FACE009": lambda picture: picture.point(lambda value: value * 0.15),
}


def counts(folder: Path, others: Path | None) -> None:
    """Print how many pictures of each stratum each of them counts right, and which ones ours gets wrong."""
    for name, half in _halves(folder).items():
        total = Counter(row["stratum"] for row in half)
        print(f"{name}: {len(half)} pictures; {', '.join(f'{stratum} {number}' for stratum, number in total.items())}")
        for counter, counted in _counted([folder / row["repository"] / row["path"] for row in half], others):
            right = [row for row, number in zip(half, counted, strict=True) if number == int(row["faces"])]
            exact = Counter(row["stratum"] for row in right)
            print(f"  {counter:14} {len(right):4}; {', '.join(f'{stratum} {exact[stratum]}' for stratum in total)}", flush=True)
            if counter == "ours":
                print(f"  {'':14} wrong: {', '.join(row['path'] for row in half if row not in right) or 'none'}")


def covered(folder: Path) -> None:
    """Print how many of the largest faces of each stratum that are not turned away count as covered: those of `masked` are."""
    for name, half in _halves(folder).items():
        seen, found = Counter[str](), Counter[str]()
        for row in half:
            for face in see_picture(folder / row["repository"] / row["path"]).faces[:1]:
                if abs(face.yaw_deg) < TURNED_DEG:
                    seen[row["stratum"]] += 1
                    found[row["stratum"]] += face.covered > COVERED_MAX
        print(f"{name}: {', '.join(f'{stratum} {found[stratum]} of {number}' for stratum, number in seen.items())}")


def _halves(folder: Path) -> dict[str, list[dict[str, str]]]:
    with LABELS.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if (folder / row["repository"] / row["path"]).is_file()]
    return {"tuned on": [row for row in rows if _is_tuned_on(row)], "held out": [row for row in rows if not _is_tuned_on(row)]}


def _is_tuned_on(row: dict[str, str]) -> bool:
    return hashlib.sha1(row["path"].encode(), usedforsecurity=False).digest()[-1] % 2 == 0


def _counted(paths: list[Path], others: Path | None) -> Iterator[tuple[str, list[int]]]:
    """What each of them counts in each picture."""
    centerface, yunet = CenterFace(), YuNet()
    counters: dict[str, Count] = {
        "ours": _ours,
        "CenterFace": lambda path: sum(each.score >= CENTERFACE_SCORE for each in centerface.detect(_shown(path))),
        "YuNet": lambda path: sum(each.score >= YUNET_SCORE for each in yunet.detect(_shown(path))),
    }
    for name, count in counters.items():
        yield name, [count(path) for path in paths]
    if others:
        lines = "".join(f"{path.resolve()}\n" for path in paths)
        answer = subprocess.run([others, "-c", COUNT_OTHERS], input=lines, stdout=subprocess.PIPE, text=True, check=True)
        yield from zip(OTHERS, map(list, zip(*map(json.loads, answer.stdout.splitlines()), strict=True)), strict=True)


def _ours(path: Path) -> int:
    seen = see_picture(path)
    return len(seen.faces) + len(seen.bystanders)


def _shown(path: Path) -> Rgb:
    return load_picture(path, LONGEST_SIDE).rgb


def rules(folder: Path, only: str | None) -> None:
    """Print for each set and rule how often it should find something and did, how often it should not and did, and which it got
    wrong."""
    with PEOPLE.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if (folder / row["repository"] / row["path"]).is_file()]
    for name in dict.fromkeys(row["set"] for row in rows):
        if only in (None, name):
            print(f"{name}:")
            _rules_of([row for row in rows if row["set"] == name], folder)


def _rules_of(rows: list[dict[str, str]], folder: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        catalog = Path(made) / "anybody.toml"
        catalog.write_text(ANYBODY)
        cases = [(folder / row["repository"] / row["path"], _expected(row)) for row in rows]
        cases += [
            case for row in rows if "aligned" in row["face"] for case in _made(folder / row["repository"] / row["path"], made)
        ]
        jobs = [Job("anybody", image=path) for path, _ in cases]
        options: dict[str, Any] = {"catalog": Catalog([catalog]), "workers": os.cpu_count() or 1}
        report = check(jobs, select=("FACE", "BODY"), preview=True, **options)
    found = [{finding.code: finding for finding in job.findings} for job in report.jobs]
    print(f"{len(rows)} pictures, and {len(cases) - len(rows)} made of them")
    for code in ("FACE001", "FACE002", *OF_A_FACE, "BODY001", "BODY002", *OF_A_BODY):
        _print_rule(
            code,
            [
                (path, expected[code], found_in.get(code))
                for (path, expected), found_in in zip(cases, found, strict=True)
                if code in expected
            ],
        )


def _expected(row: dict[str, str]) -> Expected:
    """Whether each rule should find something, where the label says so."""
    faces, people = row["faces"], row["people"]
    expected = {"FACE001": faces == "0", "FACE002": int(faces) > 1} if faces else {}
    expected |= {"BODY001": people == "0", "BODY002": int(people) > 1} if people else {}
    expected |= _of_one(OF_A_FACE, row["face"]) if faces == "1" else {}
    return expected | (_of_one(OF_A_BODY, row["body"]) if people == "1" else {})


def _of_one(words: dict[str, set[str]], label: str) -> Expected:
    said = set(label.split())
    return {code: bool(faults & said) for code, faults in words.items() if not {f"~{fault}" for fault in faults} & said}


def _made(path: Path, folder: str) -> Iterator[tuple[Path, Expected]]:
    for code, change in MADE.items():
        with Image.open(path) as picture:
            changed = Path(folder) / f"{code}-{path.stem}.png"
            change(picture.convert("RGB")).save(changed)
        yield changed, {code: True}


def _framed(picture: Image.Image, *shares: float) -> Image.Image:
    """The part from left and top to right and bottom, in shares of the picture, at the same size; black beyond its edges."""
    box = [share * picture.width for share in shares]
    return picture.transform(picture.size, Image.Transform.EXTENT, box, Image.Resampling.BICUBIC)


def _print_rule(code: str, cases: list[tuple[Path, bool, Finding | None]]) -> None:
    should, fired = [case for case in cases if case[1]], [case for case in cases if case[2]]
    hits, false = [case for case in fired if case[1]], [case for case in fired if not case[1]]
    errors, false_errors = (sum(each[2] is not None and each[2].severity == "error" for each in few) for few in (hits, false))
    print(
        f"{code}: found {len(hits)} of {len(should)}, {errors} as errors; false {len(false)} of {len(cases) - len(should)}, "
        f"{false_errors} as errors"
    )
    for title, wrong in (("missed", [case for case in should if not case[2]]), ("false", false)):
        print(f"  {title}: {', '.join(path.name for path, _, _ in wrong) or 'none'}", flush=True)


def speed(pictures: list[Path]) -> None:
    """Print the milliseconds from file to boxes, beside the bare decode."""
    with tempfile.TemporaryDirectory() as folder:
        for path in pictures or [_large_portrait(Path(folder) / "portrait.jpg")]:
            with Image.open(path) as picture:
                print(f"{path.name}: {picture.width} x {picture.height} px, {path.stat().st_size / 1e6:.1f} MB")
            decode, ours = _milliseconds(lambda path=path: _bare_decode(path)), _milliseconds(lambda path=path: see_picture(path))
            print(f"  reduced decode {decode:6.1f} ms")
            print(f"  ours           {ours:6.1f} ms, {len(see_picture(path).faces)} faces; the aim is {1.5 * decode + 15:.1f} ms")
            for name, call in _autocrop(path):
                print(f"  {name:14} {_milliseconds(call):6.1f} ms")


def _bare_decode(path: Path) -> None:
    with Image.open(path) as picture:
        share = LONGEST_SIDE * 0.75 / max(picture.size)
        picture.draft("RGB", (round(picture.width * share), round(picture.height * share)))
        picture.load()


def _autocrop(path: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    try:
        from autocrop import Cropper
    except ImportError:
        return
    cropper = Cropper()
    yield "autocrop", lambda: cropper.crop(str(path))


def _milliseconds(call: Callable[[], Any], times: int = 15) -> float:
    call()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1000 * statistics.median(taken)


def _large_portrait(path: Path) -> Path:
    """12 megapixels with the noise of a camera, so that the file is as large as a photograph's."""
    with Image.open(FIXTURES / "portrait-3x4.jpg") as small:
        large = np.asarray(small.convert("RGB").resize((3000, 4000), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = np.random.default_rng(0).integers(-6, 7, large.shape, np.int16)
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(path, quality=92)
    return path


def video(clip: Path | None) -> None:
    """Print the seconds that sampling a clip for faces takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = clip or _long_clip(Path(folder) / "clip.mp4")
        see_picture(FIXTURES / "portrait.jpg")
        start = time.perf_counter()
        content = watch_video(path)
        taken = time.perf_counter() - start
    seen = sum(bool(sample.faces) for sample in content.samples)
    print(f"{path.name}: {content.width} x {content.height}, {taken:.2f} s, {seen} of {len(content.samples)} samples with a face")


def _long_clip(path: Path) -> Path:
    """A minute of 1080p at 30 fps: the portrait, slowly moving."""
    import av

    with Image.open(FIXTURES / "portrait.jpg") as portrait:
        wide = np.asarray(portrait.convert("RGB").resize((2000, 2000)))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for number in range(1800):
            x, y = number % 80, 300 + number % 200
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(wide[y : y + 1080, x : x + 1920]), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def memory(folder: Path | None, pictures: int = 1000) -> None:
    """Print the resident memory after every hundredth picture."""
    paths = sorted((folder or FIXTURES).rglob("*.jpg"))
    for number in range(pictures):
        try:
            see_picture(paths[number % len(paths)], bodies=True)
        except UnreadableMediaError:
            continue
        finally:
            if number % 100 == 99:
                print(f"{number + 1:5} pictures: {_resident_megabytes():.0f} MB")


def _resident_megabytes() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def main(arguments: Iterable[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    counting = commands.add_parser("counts")
    counting.add_argument("folder", type=Path)
    counting.add_argument("--others", type=Path, help="the Python of an environment with autocrop 2.0 and mediapipe 0.10")
    commands.add_parser("covered").add_argument("folder", type=Path)
    judging = commands.add_parser("rules")
    judging.add_argument("folder", type=Path)
    judging.add_argument("--set", dest="only", help="the only set of people.csv to judge")
    commands.add_parser("speed").add_argument("pictures", type=Path, nargs="*")
    commands.add_parser("video").add_argument("clip", type=Path, nargs="?")
    commands.add_parser("memory").add_argument("folder", type=Path, nargs="?")
    options = vars(parser.parse_args([*arguments]))
    commands_by_name: dict[str, Callable[..., None]] = {
        "counts": counts,
        "covered": covered,
        "rules": rules,
        "speed": speed,
        "video": video,
        "memory": memory,
    }
    commands_by_name[options.pop("command")](**options)


if __name__ == "__main__":
    main(sys.argv[1:])
