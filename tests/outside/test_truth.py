"""What the judge of `benchmarks/truth.py` concludes from answers; the other decoders themselves are not asked here."""

import importlib.util
import io
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "truth.py"


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    spec = importlib.util.spec_from_file_location("truth", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _record(ours: dict[str, Any], **others: dict[str, Any]) -> dict[str, Any]:
    return {"path": "a", "ours": {"kind": "audio", "problems": [], **ours}, "others": others, "label": None, "truth": "clean"}


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["clean", "clean"], "clean"),
        (["damaged", None], "damaged"),
        (["clean", "damaged"], "disputed"),
        ([None], "unknown"),
        ([], "unknown"),
    ],
)
def test_a_file_is_what_all_that_know_it_say(judge: ModuleType, verdicts: list[str | None], expected: str) -> None:
    assert judge.truth({"verdict": verdict} for verdict in verdicts) == expected


@pytest.mark.parametrize(
    ("problems", "expected"),
    [
        ([], "clean"),
        (["truncated: its index lists 12 frames, but only 3 are there"], "damaged"),
        (["not measured: no decoder here knows it"], "unchecked"),
        (["not measured: a", "corrupt: b"], "damaged"),
        (["false header: it states 8 bytes more than it has"], "header"),
    ],
)
def test_our_verdict_is_read_from_the_words_of_the_problems(judge: ModuleType, problems: list[str], expected: str) -> None:
    assert judge.our_verdict({"problems": problems}) == expected


def test_lengths_agree_within_20_ms_of_decoded_sound_or_of_its_time_stamps(judge: ModuleType) -> None:
    record = _record({"duration_s": 3.96}, ffmpeg={"duration_s": 3.0, "span_s": 3.95}, mediainfo={"duration_s": 3.95})
    assert judge.comparisons(record)["duration_s"] == "split"
    record["others"]["ffmpeg"]["duration_s"] = 3.97
    assert judge.comparisons(record)["duration_s"] == "agree"
    record["ours"]["duration_s"] = 3.84
    assert judge.comparisons(record)["duration_s"] == "disagree"


def test_the_sound_of_a_video_has_a_length_of_its_own(judge: ModuleType) -> None:
    ours = {"kind": "video", "duration_s": 6.0, "audio_duration_s": 5.898}
    record = _record(ours, ffmpeg={"duration_s": 6.0, "audio_duration_s": 6.0, "span_s": 6.0})
    assert judge.comparisons(record) == {"duration_s": "agree", "audio_duration_s": "disagree"}


def test_formats_and_codecs_of_other_names_are_the_same(judge: ModuleType) -> None:
    record = _record(
        {"format": "mkv", "audio_codec": "pcm_s16le"},
        ffmpeg={"format": "matroska", "audio_codec": "pcm_s16le"},
        mediainfo={"format": "WebM", "audio_codec": "PCM"},
    )
    assert set(judge.comparisons(record).values()) == {"agree"}


@pytest.mark.parametrize(
    ("twin", "expected"),
    [
        ({"verdict": "clean", "content": {"audio": "a"}, "amount": {"audio": 9}}, "same"),
        ({"verdict": "damaged", "content": {"audio": "a"}, "amount": {"audio": 9}}, "same"),
        ({"verdict": "damaged", "content": {"audio": "b"}, "amount": {"audio": 9}}, "seen"),
        ({"verdict": "clean", "content": {"audio": "b"}, "amount": {"audio": 5}}, "shorter"),
        ({"verdict": "clean", "content": {"audio": "b"}, "amount": {"audio": 9}}, "silent"),
        ({"verdict": None}, "seen"),
    ],
)
def test_a_twin_is_damaged_only_where_other_content_comes_out(judge: ModuleType, twin: dict[str, Any], expected: str) -> None:
    original = _record({}, ffmpeg={"verdict": "clean", "content": {"audio": "a"}, "amount": {"audio": 9}})
    assert judge.same_content(original, _record({}, ffmpeg=twin)) == expected


def test_a_twin_on_which_decoders_differ_is_unclear(judge: ModuleType) -> None:
    answer = {"verdict": "clean", "content": {"picture": "a"}}
    original = _record({}, pillow=answer, magick=answer)
    assert judge.same_content(original, _record({}, pillow=answer, magick=answer | {"content": {"picture": "b"}})) == "unclear"


def test_the_log_of_ffmpeg_gives_turned_sides_frames_and_errors(judge: ModuleType) -> None:
    said = (
        "[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:a':\n"
        "[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 64x48, 25 fps\n"
        "[info]         displaymatrix: rotation of -90.00 degrees\n"
        "[h264 @ 0x55] [error] error while decoding MB 1 2\n"
    )
    hashes = (
        "#format: frame checksums\n#tb 0: 1/25\n#media_type 0: video\n#codec_id 0: rawvideo\n#dimensions 0: 64x48\n"
        "0, 0, 0, 1, 4608, aa\n0, 1, 1, 1, 4608, bb\n"
    )
    facts = judge.read_ffmpeg(said, hashes)
    assert (facts["kind"], facts["width"], facts["height"], facts["frames"]) == ("video", 48, 64, 2)
    assert (facts["duration_s"], facts["fps"], facts["verdict"], facts["error_count"]) == (0.08, 25, "damaged", 1)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_harmless_twins_of_a_jpeg_and_a_png_show_the_same_picture(judge: ModuleType) -> None:
    picture = Image.linear_gradient("L").convert("RGB")
    for form in ("jpeg", "png"):
        file = io.BytesIO()
        picture.save(file, form, progressive=False)
        expected = Image.open(file).tobytes()
        for change in judge.HARMLESS[form]:
            changed = change(file.getvalue())
            assert changed != file.getvalue()
            assert Image.open(io.BytesIO(changed)).tobytes() == expected, change.__name__


def test_the_private_chunk_of_a_png_is_whole(judge: ModuleType) -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "png")
    changed = judge.unknown_chunk(file.getvalue())
    at = changed.index(b"teSt")
    length = int.from_bytes(changed[at - 4 : at])
    end = at + 4 + length
    assert zlib.crc32(changed[at:end]) == int.from_bytes(changed[end : end + 4])


def test_the_script_stays_above_the_public_face() -> None:
    assert "mediapreflight." not in SCRIPT.read_text(encoding="utf-8").replace("mediapreflight.toml", "")
