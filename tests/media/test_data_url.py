"""`data:` URLs: decoded strictly, bounded, and shown short."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media import data_url
from mediapreflight.media.data_url import decoded, holds_base64, is_data_url, media_type_of, named_by, shortened, shown, size_of
from mediapreflight.media.probe import probe
from mediapreflight.media.source import display_name

from .make import FIXTURES

PICTURE = FIXTURES / "formats" / "rgb.png"
TEXT = base64.b64encode(PICTURE.read_bytes()).decode()
HEADS = ["data:image/png;base64,", "DATA:IMAGE/PNG;BASE64,", "data:;base64,", "data:image/png;name=a b;charset=x;base64,"]


@pytest.mark.parametrize("head", HEADS)
def test_measured_as_the_file_it_holds(head: str) -> None:
    facts, there = probe(head + TEXT), probe(PICTURE)
    assert (facts.kind, facts.format, facts.bytes, facts.problems) == ("image", "png", there.bytes, ())
    assert facts.path.startswith(head)
    assert len(facts.path) < 100


@given(st.binary(min_size=1, max_size=300), st.sampled_from(HEADS))
def test_bytes_come_through(content: bytes, head: str) -> None:
    url = head + base64.b64encode(content).decode()
    assert decoded(url) == content
    assert size_of(url) == len(content)


@pytest.mark.every(
    ("url", "reason"),
    [
        ("data:", "not in Base64"),
        ("data:image/png", "not in Base64"),
        ("data:image/png,abc", "not in Base64"),
        ("data:image/svg+xml,%3Csvg/%3E", "not in Base64"),
        ("data:image/png;base64x,AAAA", "not in Base64"),
        ("data:image/png;base64", "not in Base64"),
        ("data:image/png;base64,AAA", "damaged"),
        ("data:image/png;base64,AAAAA", "damaged"),
        ("data:image/png;base64,AA==AA==", "damaged"),
        ("data:image/png;base64,AA\nAA", "damaged"),
        ("data:image/png;base64,AA AA", "damaged"),
        ("data:image/png;base64,AA%2B", "damaged"),
        ("data:image/png;base64,AA-_", "damaged"),
        ("data:image/png;base64,ÄÄÄÄ", "damaged"),
        ("data:image/png;base64,\ud800", "damaged"),
        ("data:image/png;base64,", "0 bytes"),
    ],
)
def test_everything_else_is_a_fault_of_the_file(url: str, reason: str) -> None:
    (problem,) = probe(url).problems
    assert reason in problem
    probe(url).path.encode()


def test_size_is_bounded_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_url, "MAX_BYTES", 5)
    assert decoded("data:;base64,AAAAAAA=") == bytes(5)
    (problem,) = probe("data:;base64,AAAAAAAA").problems
    assert problem == "unreadable: it contains more than 5 bytes; give the file"


@pytest.mark.parametrize(
    ("content", "amount"),
    [(1, "1 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (1_234_567, "1.2 MB")],
)
def test_shown_with_its_size(content: int, amount: str) -> None:
    url = "data:image/png;base64," + base64.b64encode(bytes(content)).decode()
    assert shown(url) == display_name(url) == f"data:image/png;base64,… ({amount})"


@given(st.text(max_size=200).map(lambda rest: f"data:{rest}"))
def test_never_shown_at_length_and_what_is_shown_stays(url: str) -> None:
    short = display_name(url)
    assert is_data_url(short)
    assert len(short) <= 61 * len("\\ud800") + 30
    assert display_name(short) == short
    short.encode()


def test_left_out_of_texts_that_hold_it() -> None:
    url = "data:image/png;base64," + "A" * 400
    assert (
        shortened(f"image={url}: no; {url}")
        == "image=data:image/png;base64,… (300 bytes): no; data:image/png;base64,… (300 bytes)"
    )
    assert shortened("data:image/png;base64,AAAA and a prompt") == "data:image/png;base64,AAAA and a prompt"
    assert len(shortened("data:" * 10_000 + ";base64," + "A" * 10_000)) < 60_000


def test_hostile_heads_take_no_time_and_no_room() -> None:
    for url in ("data:" + ";" * 2**20, "data:" + "x" * 2**20 + ";base64,AAAA", "data:image/png;base64" + ";base64" * 2**17):
        assert len(display_name(url)) < 100
        assert probe(url).problems


def test_names_that_only_begin_so_are_files_again_with_a_folder_before_them() -> None:
    assert not is_data_url("./data:image/png;base64,AAAA")
    assert not is_data_url("database.png")
    assert not holds_base64("data: what a prompt may begin with")
    assert holds_base64("Data:;Base64,AAAA")


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("image/png", "png"),
        ("image/x-ms-bmp", "bmp"),
        ("audio/mpeg", "mp3"),
        ("video/mpeg", "mpeg"),
        ("audio/x-wav", "wav"),
        ("video/quicktime", "mov"),
        ("", ""),
    ],
)
def test_what_a_media_type_names(media_type: str, name: str) -> None:
    assert named_by(media_type) == name
    assert media_type_of(f"data: {media_type.upper()} ;charset=x;base64,AAAA") == media_type
