"""Whether results are told from garbage."""

from pathlib import Path
from typing import Any

import pytest

from mediapreflight.errors import PrepareError
from mediapreflight.media.probe import probe
from mediapreflight.prepare.av import video
from mediapreflight.prepare.av.likeness import Change, first_unlike
from mediapreflight.prepare.av.video import run_video
from mediapreflight.prepare.av.video_plan import plan_video
from mediapreflight.prepare.options import PrepareOptions

from .sound_and_video import VIDEO_INPUTS, ffmpeg

FACES = Path(__file__).resolve().parents[3] / "fixtures" / "talking-head.mp4"
PLAIN = Change(seconds=2.0)
FAITHFUL = {
    "encoded": "null",
    "scaled": "scale=160:160",
    "slower": "fps=10",
    "grey-ish": "eq=brightness=0.04",
}
GARBLED = {
    "mirrored": "hflip",
    "upside down": "vflip",
    "turned": "transpose=clock",
    "swapped": "colorchannelmixer=rr=0:rg=1:gg=0:gb=1:bb=0:br=1",
    "green": "drawbox=color=green:t=fill",
    "white": "drawbox=color=white:t=fill",
    "later half lost": "drawbox=color=gray:t=fill:enable='gt(t,1)'",
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("likeness") / "source.mp4"
    ffmpeg("-i", FACES, "-t", 2, "-vf", "scale=320:320", "-an", "-c:v", "libx264", "-preset", "ultrafast", path)
    return path


def made(source: Path, folder: Path, filters: str) -> str:
    target = folder / "made.mp4"
    ffmpeg("-i", source, "-vf", filters, "-an", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", target)
    return str(target)


@pytest.mark.parametrize("filters", FAITHFUL.values(), ids=FAITHFUL)
def test_what_looks_like_its_source(source: Path, filters: str, tmp_path: Path) -> None:
    assert first_unlike(str(source), made(source, tmp_path, filters), PLAIN) is None


@pytest.mark.parametrize("name", GARBLED)
def test_what_does_not(source: Path, name: str, tmp_path: Path) -> None:
    at = first_unlike(str(source), made(source, tmp_path, GARBLED[name]), PLAIN)
    assert at is not None
    assert (at > 1) == (name == "later half lost")


def test_cropped_and_padded_frames_are_compared_where_they_show_the_same(source: Path, tmp_path: Path) -> None:
    cropped = made(source, tmp_path, "crop=320:160")
    assert first_unlike(str(source), cropped, PLAIN._replace(kept=(1.0, 0.5))) is None
    padded = made(source, tmp_path, "pad=640:320:-1:-1:green")
    assert first_unlike(str(source), padded, PLAIN._replace(filled=(0.5, 1.0))) is None
    assert first_unlike(str(source), padded, PLAIN) == 0.0


def test_tone_mapping_may_change_brightness_and_nothing_else(source: Path, tmp_path: Path) -> None:
    toned = PLAIN._replace(toned=True)
    assert first_unlike(str(source), made(source, tmp_path, "eq=gamma=2.5"), toned) is None
    assert first_unlike(str(source), made(source, tmp_path, "negate"), toned) == 0.0


def test_nothing_garbled_is_ready(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "clip.mkv"
    ffmpeg("-i", source, "-t", 2.2, "-vf", "tpad=stop_mode=clone:stop_duration=1", "-c:v", "mpeg4", "-q:v", 2, "-t", 2.2, clip)
    item, facts = VIDEO_INPUTS["animate-anyone-template-gen2/video"], probe(clip)
    steps, _, _ = plan_video(facts, item.role, PrepareOptions(), item.findings(facts))  # type: ignore[arg-type]
    whole = video._sized

    def inverted(stream: Any, *arguments: Any) -> Any:
        return whole(stream.filter("negate"), *arguments)

    run_video(str(clip), steps, str(tmp_path / "sound.mp4"))
    monkeypatch.setattr(video, "_sized", inverted)
    with pytest.raises(PrepareError, match="does not show the same picture at 0 s"):
        run_video(str(clip), steps, str(tmp_path / "garbled.mp4"))
