"""Files that lie elsewhere: on a real S3 server, and in fsspec's own memory."""

import io
import os
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mediapreflight import Job, check, check_many, probe
from mediapreflight.media import remote
from mediapreflight.media.facts import Problem
from mediapreflight.media.opening import open_source
from mediapreflight.media.source import OpenError, is_remote
from mediapreflight.people import see_picture

from ..store import Store
from .make import box, box_at

fsspec = pytest.importorskip("fsspec")

MEDIA = (
    "portrait.jpg",
    "dance.mp4",
    "voice.mp3",
    "voice.wav",
    "formats/animated.webp",
    "formats/h264.mkv",
    "formats/h264-fragmented.mp4",
    "formats/rgb.tiff",
    "formats/vorbis.ogg",
    "formats/large-cover-art.mp3",
    "orientation/exif-6-after-data.png",
    "faults/truncated.mp4",
    "faults/truncated.jpg",
    "faults/text-bomb.png",
    "faults/html-named-jpg.jpg",
)


def without_path(facts):
    return msgspec.structs.replace(facts, path="")


def codes(report) -> list[str]:
    return [finding.code for finding in report.findings]


@pytest.mark.parametrize("level", ["metadata", "decode"])
@pytest.mark.parametrize("name", MEDIA)
def test_facts_are_those_of_the_same_file_here(fixtures: Path, store: Store, name: str, level) -> None:
    url = store.put(name, fixtures / name)
    facts = probe(url, level)
    assert facts.path == url
    assert without_path(facts) == without_path(probe(fixtures / name, level))


def noise(path: Path) -> Path:
    pixels = np.random.default_rng(1).integers(0, 255, (3000, 4000, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, quality=90)
    return path


def test_header_of_a_12_megapixel_picture_is_one_range(store: Store, tmp_path: Path) -> None:
    picture = noise(tmp_path / "noise.jpg")
    url = store.put("noise.jpg", picture)
    facts = probe(url, "metadata")
    assert (facts.width, facts.height, facts.bytes) == (4000, 3000, picture.stat().st_size)
    assert [answer.method for answer in store.answers] == ["HEAD", "GET"]
    assert store.bytes_served == 65_536 < facts.bytes // 100


def with_megabytes(video: bytes, count: int) -> bytes:
    """The MP4 with so many megabytes more in the box that holds its frames."""
    start, end = box_at(video, b"mdat")
    more = bytes(count * 10**6)
    return video[: start - 8] + box(b"mdat", video[start:end], more) + video[end:]


@pytest.mark.parametrize("name", ["h264.mp4", "h264-moov-first.mp4"])
def test_index_of_a_20_megabyte_video_is_found_wherever_it_lies(fixtures: Path, store: Store, tmp_path: Path, name: str) -> None:
    video = tmp_path / "long.mp4"
    video.write_bytes(with_megabytes((fixtures / "formats" / name).read_bytes(), 20))
    facts = probe(store.put("long.mp4", video), "metadata")
    assert (facts.problems, facts.stated_frames) == ((), 25)
    assert without_path(facts) == without_path(probe(video, "metadata"))
    assert store.bytes_served < 2_000_000


def test_whole_file_is_fetched_once_for_facts_and_content(fixtures: Path, store: Store) -> None:
    url = store.put("portrait.jpg", fixtures / "portrait.jpg")
    report = check(Job("emo-v1", whole=False, image=url))
    assert report.ok
    assert report.jobs[0].inputs["image"].content.faces
    assert [answer.method for answer in store.answers] == ["HEAD", "GET"]
    assert store.bytes_served == (fixtures / "portrait.jpg").stat().st_size


def test_detectors_take_remote_files_too(fixtures: Path, store: Store) -> None:
    url = store.put("portrait.jpg", fixtures / "portrait.jpg")
    assert see_picture(url) == see_picture(fixtures / "portrait.jpg")


def test_nothing_is_left_of_a_fetched_file(fixtures: Path, store: Store, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    probe(store.put("dance.mp4", fixtures / "dance.mp4"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sweep
def test_report_is_that_of_the_same_files_here(fixtures: Path, store: Store) -> None:
    urls = [store.put(name, fixtures / name) for name in MEDIA]
    here = check_many([fixtures / name for name in MEDIA], model="liveportrait", level="decode")
    there = check_many(urls, model="liveportrait", level="decode")
    assert [codes(report) for report in there] == [codes(report) for report in here]


@pytest.mark.parametrize("level", ["metadata", "decode", "content"])
def test_what_goes_wrong_on_the_way_is_a_finding(fixtures: Path, store: Store, level, monkeypatch) -> None:
    monkeypatch.setattr(remote, "REQUEST_S", 1.0)
    denied = store.put("denied.jpg", fixtures / "portrait.jpg")
    silent = store.put("silent.jpg", fixtures / "portrait.jpg")
    store.put("folder/portrait.jpg", fixtures / "portrait.jpg")
    store.refused.add("denied.jpg")
    store.silent.add("silent.jpg")
    paths = ["s3://media/gone.jpg", "s3://no-bucket/gone.jpg", denied, silent, "s3://media/folder", store.put("empty.jpg", b"")]
    reports = list(check_many(paths, model="emo-v1", role="image", level=level, contained=False))
    assert [codes(report) for report in reports] == [["FILE001"], ["FILE001"], ["FILE002"], ["FILE002"], ["FILE002"], ["FILE003"]]
    assert [report.findings[0].path for report in reports] == paths
    assert "permission denied" in reports[2].findings[0].message
    assert "no answer within 1 s" in reports[3].findings[0].message
    assert "it is a folder" in reports[4].findings[0].message


def test_range_that_does_not_come_is_no_damage_of_the_file(fixtures: Path, store: Store, monkeypatch) -> None:
    """The first range comes, and the next one is refused: what was read so far looks like a file that is cut off."""
    url = store.put("voice.wav", fixtures / "voice.wav")
    monkeypatch.setattr(remote, "_HEAD_BYTES", 1024)
    with pytest.raises(OpenError, match="permission denied"), open_source(url) as source:
        assert source.stream.read(4) == b"RIFF"
        store.refused.add("voice.wav")
        assert source.stream.read() != b""


def test_file_over_the_bound_is_not_fetched(fixtures: Path, store: Store, monkeypatch) -> None:
    monkeypatch.setattr(remote, "MAX_FETCHED_BYTES", 1000)
    url = store.put("portrait.jpg", fixtures / "portrait.jpg")
    (report,) = check_many([url], model="emo-v1", level="content", contained=False)
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("FILE012", "unchecked")
    assert "63657 bytes; remote files over 1000 are not fetched" in finding.message
    assert report.jobs[0].inputs["image"].facts.width == 640


@pytest.mark.sweep
def test_index_in_too_many_places_ends(store: Store) -> None:
    """A video of a thousand fragments 64 KiB apart would be read nearly whole, a range at a time."""
    fragment = (8).to_bytes(4, "big") + b"moof" + (32 * 2**10).to_bytes(4, "big") + b"free" + bytes(32 * 2**10 - 8)
    url = store.put("fragments.mp4", (16).to_bytes(4, "big") + b"ftypisom\0\0\2\0" + fragment * 1000)
    facts = probe(url, "metadata")
    assert facts.problem(Problem.OVERSIZED) is not None
    assert store.bytes_served < 33 * 2**20


@pytest.mark.parametrize("key", ["a b.jpg", "ä/ü.jpg", "a::b.jpg", "x=1/a#b.jpg", "a%20b.jpg", "-o.jpg", "[a]*.jpg"])
def test_any_key_is_only_a_name(fixtures: Path, store: Store, key: str) -> None:
    assert probe(store.put(key, fixtures / "portrait.jpg")).problems == ()


def test_memory_and_unknown_stores(fixtures: Path) -> None:
    fsspec.filesystem("memory").pipe("/pictures/a.jpg", (fixtures / "portrait.jpg").read_bytes())
    assert probe("memory://pictures/a.jpg").problems == ()
    assert probe("memory://pictures/none.jpg").problems == ("missing: no such file",)
    assert probe("s4://bucket/a.jpg").problems == ("unreadable: fsspec knows no protocol 's4'",)


def test_without_fsspec_remote_files_are_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    (report,) = check_many(["s3://bucket/a.jpg"], model="emo-v1", contained=False)
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("FILE012", "unchecked")
    assert "pip install 'mediapreflight[remote]'" in finding.message


LOCAL = ("a.png", "C:/a.png", "s3:/a.png", "://a", "x://a", "file:///etc/passwd", "zip://a", "https://x/a", "HTTP://x")


@pytest.mark.parametrize("path", LOCAL)
def test_local_names_and_urls_are_not_remote(path: str) -> None:
    assert not is_remote(path)


@pytest.mark.parametrize("path", ["s3://b/a.png", "S3://b", "gs://b/a", "memory://a", "abfs://c@a/x"])
def test_remote_names(path: str) -> None:
    assert is_remote(path)


def test_folder_is_listed_as_local_ones_are(store: Store) -> None:
    for key in ("tree/b.jpg", "tree/a.jpg", "tree/sub/c.jpg", "tree/.hidden.jpg", "tree/.git/d.jpg", "tree/an/e.txt", "tree/"):
        store.put(key, b"x")
    expected = [f"s3://media/tree/{name}" for name in ("a.jpg", "b.jpg", "an/e.txt", "sub/c.jpg")]
    assert list(remote.files_below("s3://media/tree/")) == expected
    assert list(remote.files_below("s3://media/tree")) == expected
    assert probe("s3://media/tree/new.jpg").problem(Problem.MISSING) is not None
    assert probe(store.put("tree/new.jpg", b"x")).problem(Problem.MISSING) is None
    assert len(list(remote.files_below("s3://media/tree/"))) == 5
    assert list(remote.files_below("s3://media/nothing/")) == ["s3://media/nothing/"]


@given(
    st.binary(max_size=300_000).map(lambda data: data * 3),
    st.lists(st.tuples(st.floats(0, 1.1), st.integers(-1, 100_000)), max_size=12),
)
def test_ranges_read_as_the_file_does(data: bytes, reads: list[tuple[float, int]]) -> None:
    fsspec.filesystem("memory").pipe("/bytes", data or b"x")
    there = io.BytesIO(data or b"x")
    with open_source("memory://bytes") as source:
        for share, count in reads:
            offset = int(share * len(data))
            assert source.stream.seek(offset) == there.seek(offset)
            assert source.stream.read(count) == there.read(count)
            assert source.stream.tell() == there.tell()
        assert source.stream.seek(0, os.SEEK_END) == source.size == there.seek(0, os.SEEK_END)
