"""The part of a recording or video that `--keep` names, found again by other decoders.

The sound of all sources is noise, so that a few samples say where they are; their frames have their number in black and white.
"""

import hashlib
import itertools
import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
import imageio_ffmpeg
import numpy as np
import pytest

from mediapreflight import Catalog, Job, PrepareError, PrepareOptions, UsageError, prepare, probe

from .here import Here

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
RATE, FPS, SECONDS = 48000, 25, 4
WIDTH, HEIGHT, BITS = 112, 64, 7
FRAME = 1 / FPS
HOUSE = """
id = "house"
title = "House"
summary = "Takes everything."
provider = "house"
[sources.house]
page = "our delivery guide"
date = "2026-11-01"
[roles.video]
field = "video"
kind = "video"
source = "house"
required = false
[roles.audio]
field = "audio"
kind = "audio"
source = "house"
required = false
count = "[0, 2]"
"""

Samples = Any


def ffmpeg(*arguments: object, given: bytes = b"") -> None:
    subprocess.run(
        [FFMPEG, "-v", "error", "-y", "-threads", "1", *map(str, arguments)], input=given, capture_output=True, check=True
    )


def noise() -> Samples:
    white = np.random.default_rng(7).standard_normal(SECONDS * RATE)
    soft = np.convolve(white, np.ones(8) / 8, "same")
    return (soft / np.abs(soft).max() * 20000).astype("<i2")


NOISE = noise()
AS_NOISE = ("-f", "s16le", "-ar", RATE, "-ac", 1)


def numbered(number: int) -> Samples:
    bits = [230 if number >> bit & 1 else 25 for bit in range(BITS)]
    return np.repeat(np.array(bits, np.uint8), WIDTH // BITS)[None].repeat(HEIGHT, 0)


def number_in(picture: Samples) -> int:
    parts = np.array_split(picture[picture.shape[0] // 4 : picture.shape[0] * 3 // 4], BITS, axis=1)
    return sum(1 << bit for bit, part in enumerate(parts) if part[:, 4:-4].mean() > 128)


def film(path: Path, *how: object) -> Path:
    sound = path.with_suffix(".s16")
    sound.write_bytes(NOISE.tobytes())
    frames = b"".join(numbered(number).tobytes() for number in range(SECONDS * FPS))
    shape = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", FPS)
    ffmpeg(*shape, "-i", "pipe:0", *AS_NOISE, "-i", sound, "-pix_fmt", "yuv420p", *how, path, given=frames)
    return path


class Heard(NamedTuple):
    """Sound as it is played: when it begins, and which sample of the noise comes first."""

    at_s: float
    first: int
    count: int

    @property
    def shift_s(self) -> float:
        """How much later in the noise the sound is than in the file."""
        return self.first / RATE - self.at_s


def heard(path: str | Path) -> Heard:
    with av.open(str(path)) as file:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = list(file.decode(audio=0))
        parts = [part.to_ndarray().ravel() for each in (*frames, None) for part in resampler.resample(each)]
    sound = np.concatenate(parts)
    middle = sound[len(sound) // 2 :][:4096].astype(float)
    size = 1 << (len(NOISE) + len(middle)).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(NOISE.astype(float), size) * np.conj(np.fft.rfft(middle, size)), size)
    place = int(np.argmax(likeness[: len(NOISE)]))
    there = NOISE[place : place + len(middle)].astype(float)
    assert likeness[place] > 0.8 * np.linalg.norm(there) * np.linalg.norm(middle[: len(there)]), "this is not the noise"
    assert frames[0].time is not None
    # FFmpeg gives the first frame of an MP3 the time of what its encoder put before it.
    return Heard(0.0 if str(path).endswith(".mp3") else frames[0].time, place - len(sound) // 2, len(sound))


def seen(path: str | Path, turns: int = 0) -> list[tuple[float, int]]:
    """When each frame is shown, and its number."""
    with av.open(str(path)) as file:
        frames = [(each.time, np.rot90(each.to_ndarray(format="gray"), turns)) for each in file.decode(video=0)]
    return [(time, number_in(picture)) for time, picture in frames if time is not None]


def fingerprints(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def catalog(folder: Path, **durations: str) -> Catalog:
    limits = (f'[roles.{role}.duration]\ndocumented = "{limit}"\nsource = "house"\n' for role, limit in durations.items())
    file = folder / "house.toml"
    file.write_text(HOUSE + "".join(limits), "utf-8")
    return Catalog([str(file)])


SOUNDS = {
    "wav": ("-c:a", "pcm_s16le"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "128k"),
    "m4a": ("-c:a", "aac", "-b:a", "128k"),
    "flac": (),
    "ogg": ("-c:a", "libvorbis"),
    "opus": ("-c:a", "libopus"),
}
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "100")
# Frames in pairs and triples after the first second: 0.08 to 0.12 s each.
UNEVEN = ("-vf", "select='lt(n,25)+not(mod(n,3))'", "-fps_mode", "vfr")
FILMS: dict[str, tuple[object, ...]] = {
    "b.mp4": (*H264, "-bf", 8, "-b_strategy", 0, "-c:a", "aac"),
    "uneven.mp4": (*H264, *UNEVEN, "-c:a", "aac"),
    "vp8.webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-c:a", "libopus"),
}


class Sources:
    """Files that are made when a test first asks for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> Path:
        path = self.folder / name
        if path.exists():
            return path
        if name in FILMS:
            return film(path, *FILMS[name])
        if name == "edit.mp4":  # the packets from the key frame on, and a list that says where to begin
            ffmpeg("-ss", 0.4, "-i", self["b.mp4"], "-c", "copy", path)
        elif name == "turned.mov":
            ffmpeg("-display_rotation", 90, "-i", self["b.mp4"], "-c", "copy", path)
        else:
            ffmpeg(*AS_NOISE, "-i", "pipe:0", *SOUNDS[name.partition(".")[2]], path, given=NOISE.tobytes())
        return path


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    yield Sources(tmp_path_factory.mktemp("sources"))


def kept(source: Path, role: str, part: tuple[float, float], out: Path, **options: Any) -> Any:
    """The entry of `prepared.json` of a file of which a part is kept."""
    out.mkdir(exist_ok=True)
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    chosen = PrepareOptions(keep={role: part}, **options)
    prepare(
        Job("house", **{role: str(source)}), out=out, options=chosen, level="decode", catalog=catalog(out.parent), contained=False
    )
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before
    (job,) = json.loads((out / "prepared.json").read_text("utf-8"))["jobs"]
    entry = job["inputs"][role]
    assert entry["source_sha256"] == before
    entry["path"] = str(out / Path(entry["path"]).name)
    return entry


def stated_start(entry: Any) -> float:
    """Where `prepared.json` says that the part begins in its source."""
    (trim,) = (step["detail"] for step in entry["steps"] if step["name"] == "trim")
    found = re.match(r"([\d.]+) s to ([\d.]+) s of", trim)
    return float(found[1]) if found else 0.0


def quick_and_swept(names: Iterable[str], parts: list[tuple[float, float]]) -> list[object]:
    """Each name with one of the parts, and each part with some names, for the quick tests; the other pairs for the sweep."""
    pairs = itertools.product(enumerate(names), enumerate(parts))
    return [
        pytest.param(name, part, marks=[pytest.mark.sweep] * (number % len(parts) != turn))
        for (number, name), (turn, part) in pairs
    ]


@pytest.mark.parametrize(("form", "part"), quick_and_swept(SOUNDS, [(0, 1.013), (1.1237, 2.5), (3.1, 99)]))
def test_a_recording_keeps_these_samples(sources: Sources, form: str, part: tuple[float, float], tmp_path: Path) -> None:
    entry = kept(sources[f"noise.{form}"], "audio", part, tmp_path / "out")
    start, end = part[0], min(part[1], SECONDS)
    sound = heard(entry["path"])
    assert abs(sound.first - start * RATE) <= 1
    # An MP3 that is not encoded anew ends with one of its frames.
    assert 0 <= sound.count - round((end - start) * RATE) <= (1152 if entry["path"].endswith(".mp3") else 1)
    assert stated_start(entry) == pytest.approx(start, abs=0.0005)
    assert entry["after"]["duration_s"] == pytest.approx(end - start, abs=0.03)
    if form in ("wav", "flac"):
        with av.open(entry["path"]) as file:
            got = np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])
        assert np.array_equal(got, NOISE[round(start * RATE) :][: len(got)])


@pytest.mark.parametrize(
    ("name", "part"), quick_and_swept([*FILMS, "edit.mp4", "turned.mov"], [(0, 2.5), (1.51, 2.75), (2.03, 4.0)])
)
def test_a_video_keeps_these_frames_and_its_sound_goes_with_them(
    sources: Sources, name: str, part: tuple[float, float], tmp_path: Path
) -> None:
    source = sources[name]
    entry = kept(source, "video", part, tmp_path / "out")
    turned = name == "turned.mov"
    # Turned to the left, what was at the left is at the bottom.
    frames, were = seen(entry["path"], -1 if turned else 0), seen(source)
    start, end = part[0], min(part[1], probe(source).duration_s or 0.0)
    assert abs(len(frames) - (end - start) * FPS) <= 1
    assert frames[0][0] == 0
    until = {number: time for (_, number), (time, _) in itertools.pairwise(were)}
    since = {number: time for time, number in were}
    for time, number in frames:
        # What is shown then, to half a frame.
        assert since[number] - FRAME / 2 - 0.001 <= start + time <= until.get(number, SECONDS) + FRAME / 2 + 0.001, (time, number)
    sound, was = heard(entry["path"]), heard(source)
    assert sound.shift_s - was.shift_s == pytest.approx(start, abs=0.001)
    assert sound.count / RATE == pytest.approx(end - start, abs=FRAME + 1024 / RATE)
    assert stated_start(entry) == pytest.approx(start, abs=0.0005)


def test_a_part_of_the_sound_of_a_video(sources: Sources, tmp_path: Path) -> None:
    entry = kept(sources["edit.mp4"], "audio", (1.25, 2.0), tmp_path / "out")
    sound, was = heard(entry["path"]), heard(sources["edit.mp4"])
    assert (sound.first, sound.count) == (pytest.approx(was.first + 1.25 * RATE, abs=1), 0.75 * RATE)


def test_all_of_it_is_the_file_itself(sources: Sources, tmp_path: Path) -> None:
    for number, name in enumerate(("noise.wav", "b.mp4")):
        role = "video" if name == "b.mp4" else "audio"
        entry = kept(sources[name], role, (0, 60), tmp_path / f"out{number}")
        assert entry["steps"] == []
        assert Path(entry["path"]).read_bytes() == sources[name].read_bytes()


def test_the_commands_and_python_make_the_same_and_once_only(sources: Sources, here: Here) -> None:
    catalog(here.folder)
    (here.folder / "jobs.toml").write_text(
        f"[[jobs]]\nmodel = 'house'\naudio = '{sources['noise.mp3']}'\nvideo = '{sources['b.mp4']}'\n", "utf-8"
    )
    words = ("prepare", "--catalog", "house.toml", "--level", "decode", "--keep", "audio=1.1237-2.5", "--keep", "video=0.5-2")
    dry = here.command(*words, "jobs.toml", "--dry-run", "--output-format", "json")
    ran = here.command(*words, "jobs.toml", "--out", "one", "--output-format", "json")
    assert (dry.status, ran.status) == (0, 0), ran.all
    (planned,), (done,) = dry.json()["jobs"], ran.json()["jobs"]
    for role in ("audio", "video"):
        assert planned["inputs"][role]["steps"] == done["inputs"][role]["steps"]
    once = fingerprints(here.folder / "one")
    assert here.command(*words, "jobs.toml", "--out", "one").status == 0
    assert fingerprints(here.folder / "one") == once

    job = Job("house", audio=str(sources["noise.mp3"]), video=str(sources["b.mp4"]))
    parts = PrepareOptions(keep={"audio": (1.1237, 2.5), "video": (0.5, 2)}, trim="end")
    prepare(job, out=here.folder / "two", options=parts, level="decode", catalog=catalog(here.folder))
    two = fingerprints(here.folder / "two")
    assert len(once) == 3
    assert two | {"prepared.json": once["prepared.json"]} == once

    again = here.command("prepare", "--catalog", "house.toml", "--level", "decode", "one/prepared.json", "--out", "three")
    assert (again.status, again.out.count("fits as it is")) == (0, 2), again.all


@pytest.mark.parametrize(
    "part",
    [
        "audio=3-1",
        "audio=1-1",
        "audio=-1-2",
        "audio=1-",
        "audio=a-b",
        "audio=nan-2",
        "audio=0-inf",
        "audio",
        "image=0-1",
        "video=0-1",
    ],
)
def test_what_is_no_part_is_wrong_usage(sources: Sources, here: Here, part: str) -> None:
    catalog(here.folder)
    job = ("--catalog", "house.toml", "--model", "house", f"audio={sources['noise.wav']}")
    said = here.command("prepare", *job, "--keep", part, "--out", "out")
    assert (said.status, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert not (here.folder / "out").exists()


def test_one_part_of_each_input(sources: Sources, here: Here) -> None:
    catalog(here.folder)
    job = ("--catalog", "house.toml", "--model", "house", f"audio={sources['noise.wav']}")
    said = here.command("prepare", *job, "--keep", "audio=0-1", "--keep", "audio=2-3", "--out", "out")
    assert said.status == 2
    assert not (here.folder / "out").exists()


def test_of_two_files_of_one_role_each_has_its_part(sources: Sources, tmp_path: Path) -> None:
    job = Job("house", audio=[str(sources["noise.wav"]), str(sources["noise.flac"])])
    options = PrepareOptions(keep={"audio": (0.5, 1.5), "audio_2": (2, 3.5)})
    ready = prepare(job, out=tmp_path / "out", options=options, level="decode", catalog=catalog(tmp_path), contained=False)
    found = {role: heard(entry.path) for role, entry in ready.record.inputs.items()}
    assert {role: (sound.first, sound.count) for role, sound in found.items()} == {
        "audio": (0.5 * RATE, RATE),
        "audio_2": (2 * RATE, 1.5 * RATE),
    }


@pytest.mark.parametrize(
    ("name", "role", "limit", "part"),
    [
        ("noise.wav", "audio", "[0, 1)", (1, 2)),
        ("noise.wav", "audio", "[0, 1]", (1, 2.001)),
        ("b.mp4", "video", "[0, 1)", (1, 2)),
        ("b.mp4", "video", "(1, 3]", (1, 2)),
        ("b.mp4", "video", "[1, 3]", (1, 1.999)),
        ("noise.wav", "audio", "[0, 9]", (4, 5)),
        ("b.mp4", "video", "[0, 9]", (400, 500)),
    ],
)
def test_a_part_that_cannot_fit_is_refused(
    sources: Sources, name: str, role: str, limit: str, part: tuple[float, float], tmp_path: Path
) -> None:
    job, options = Job("house", **{role: str(sources[name])}), PrepareOptions(keep={role: part})
    with pytest.raises(PrepareError, match=name):
        prepare(
            job,
            out=tmp_path / "out",
            options=options,
            level="decode",
            catalog=catalog(tmp_path, **{role: limit}),
            contained=False,
        )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["prepared.json"]


@pytest.mark.parametrize(
    ("name", "role", "limit"),
    [
        ("noise.wav", "audio", "[0, 1]"),
        ("noise.wav", "audio", "[1, 9]"),
        ("b.mp4", "video", "[0, 1]"),
        ("b.mp4", "video", "[1, 9]"),
    ],
)
def test_a_part_exactly_on_the_limit_fits(sources: Sources, name: str, role: str, limit: str, tmp_path: Path) -> None:
    job, options = Job("house", **{role: str(sources[name])}), PrepareOptions(keep={role: (1.5, 2.5)})
    ready = prepare(
        job, out=tmp_path / "out", options=options, level="decode", catalog=catalog(tmp_path, **{role: limit}), contained=False
    )
    sound = heard(ready.record.inputs[role].path)
    assert sound.shift_s == pytest.approx(1.5, abs=0.001)
    assert sound.count / RATE == pytest.approx(1, abs=0.15)


def test_a_part_is_not_split() -> None:
    with pytest.raises(UsageError):
        PrepareOptions(keep={"audio": (0, 3)}, split=True)
