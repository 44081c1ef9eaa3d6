import json
from pathlib import Path

import pytest

COMMON = {"path", "kind", "format", "bytes", "problems"}
IMAGE = {"width", "height", "stored_width", "stored_height", "orientation", "channels", "bit_depth", "has_alpha", "frames"}
SIDES = {"width", "height", "stored_width", "stored_height"}
RATES = {"fps", "fps_nominal", "fps_min", "fps_max", "variable_frame_rate", "frames"}
TIMES = {"duration_s", "stated_duration_s", "start_s", "audio_duration_s"}
VIDEO = SIDES | RATES | TIMES | {"rotation", "video_codec", "pixel_format", "audio_codec"}
AUDIO = {"audio_codec", "sample_rate", "channels", "duration_s", "stated_duration_s"}


@pytest.mark.parametrize(
    ("name", "kind", "fields"), [("portrait.jpg", "image", IMAGE), ("dance.mp4", "video", VIDEO), ("voice.mp3", "audio", AUDIO)]
)
def test_json_holds_every_documented_field(run, fixtures: Path, name: str, kind: str, fields: set[str]) -> None:
    result = run("probe", "--output-format", "json", name, cwd=fixtures)
    assert (result.status, result.err) == (0, "")
    (facts,) = json.loads(result.out)
    assert COMMON | fields <= set(facts)
    assert (facts["path"], facts["kind"], facts["problems"]) == (name, kind, [])
    assert facts["bytes"] == (fixtures / name).stat().st_size


def test_text_and_concise(run, fixtures: Path) -> None:
    text = run("probe", "portrait.jpg", "voice.mp3", cwd=fixtures).out
    assert text.startswith("portrait.jpg\n  kind ")
    assert "\n  width          640\n" in text
    assert "\nvoice.mp3\n  kind " in text
    lines = run("probe", "portrait.jpg", "voice.mp3", "--output-format", "concise", cwd=fixtures).out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["portrait.jpg", "voice.mp3"]
    assert " width=640 height=640 " in lines[0]


@pytest.mark.parametrize("name", ["missing.png", "faults/text-named-png.png", "faults/empty.jpg", "faults"])
def test_what_is_no_media(run, fixtures: Path, name: str) -> None:
    result = run("probe", name, "portrait.jpg", cwd=fixtures)
    assert (result.status, result.err) == (1, "")
    assert "  problems  " in result.out


def test_only_what_is_known_is_shown_and_problems_in_the_language_of_the_reader(run, fixtures: Path) -> None:
    shown = run("--lang", "zh", "probe", "--level", "metadata", fixtures / "faults/truncated.png", "nowhere.png").out
    assert [line for line in shown.splitlines() if line.startswith("  ") and len(line.split()) < 2] == []
    assert shown.endswith("missing: 没有此文件\n")


def test_level_metadata_measures_no_data(run, fixtures: Path) -> None:
    facts = [json.loads(run("probe", "voice.mp3", "--level", level, "--output-format", "json", cwd=fixtures).out)[0]
             for level in ("metadata", "decode")]  # fmt: skip
    assert [fact["duration_s"] is None for fact in facts] == [True, False]


def test_hostile_names(run, tmp_path: Path, fixtures: Path) -> None:
    (tmp_path / "a\n\x1b[31m.jpg").write_bytes((fixtures / "portrait.jpg").read_bytes())
    for format in ("text", "concise"):
        out = run("probe", "a\n\x1b[31m.jpg", "--output-format", format, cwd=tmp_path).out
        assert all(line.isprintable() for line in out.splitlines())
        assert out.startswith("a\\n\\x1b[31m.jpg")


def test_nothing_named(refused) -> None:
    assert "FILE" in refused("probe")
