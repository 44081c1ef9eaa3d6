"""The look at a URL before it is sent: what it answers with, and where it may lead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import builtin_catalog
from mediapreflight.catalog.schema import Role
from mediapreflight.errors import InputUrlError
from mediapreflight.submit.http import Answer, Send, shown_url
from mediapreflight.submit.http.addresses import PrivateAddressError, is_public
from mediapreflight.submit.inputs import LOOK_BYTES, look_at

from .drive import LOST, UNREACHABLE, Ran, Reply, Sender, Site, file_page, over_http, plain_page, run, scripted

PICTURE = builtin_catalog().model("wan2.6-i2v").roles["image"]
SOUND = builtin_catalog().model("emo-v1").roles["audio"]
VIDEO = builtin_catalog().model("videoretalk").roles["video"]
PUBLIC = "93.184.216.34"


@pytest.fixture
def sender() -> Iterator[Sender]:
    with httpx.Client(trust_env=False) as client:
        yield over_http(client)


def looked(url: str, role: Role, sender: Sender, ran: Ran | None = None, *, allow_private: bool = True) -> None:
    run(lambda session: look_at(session, url, role), sender, ran, private_urls=allow_private)


def refusal(url: str, role: Role, sender: Sender, *, allow_private: bool = True) -> str:
    with pytest.raises(InputUrlError) as caught:
        looked(url, role, sender, allow_private=allow_private)
    return str(caught.value)


def never(effect: Send) -> Answer:
    raise AssertionError(f"was asked: {effect}")


# What is there


@pytest.mark.parametrize(
    ("name", "role"),
    [("portrait.jpg", PICTURE), ("voice.mp3", SOUND), ("voice.wav", SOUND), ("dance.mp4", VIDEO)],
)
def test_a_file_that_fits(fixtures: Path, sender: Sender, name: str, role: Role) -> None:
    data = (fixtures / name).read_bytes()
    with Site({f"/{name}": file_page(data, type="image/x")}) as site:
        url = f"{site.url}/{name}?signature=s%2Fe%3D&a=1&a=2"
        looked(url, role, sender)
        ((path, headers),) = site.requests
    assert path == f"/{name}?signature=s%2Fe%3D&a=1&a=2"
    assert headers["range"] == f"bytes=0-{LOOK_BYTES - 1}"
    assert "authorization" not in headers


def test_no_more_than_the_first_bytes_are_read_where_the_server_knows_no_ranges(fixtures: Path) -> None:
    data = (fixtures / "portrait.jpg").read_bytes()
    pieces = (data, *(bytes(LOOK_BYTES) for _ in range(1000)))
    read = []

    def counted() -> Iterator[bytes]:
        for piece in pieces:
            read.append(len(piece))
            yield piece

    def sender(effect: Send) -> Answer:
        assert effect.sink is not None
        for piece in counted():
            if effect.sink(piece):
                break
        return Answer(200, {"content-length": "5000000"})

    looked("http://127.0.0.1/p.jpg", PICTURE, sender)
    assert len(read) == 2


@pytest.mark.parametrize("reply", [(200, {}), (206, {"content-range": "bytes 0-9/*"})])
def test_a_size_that_is_not_stated_is_no_fault(fixtures: Path, reply: tuple[int, dict[str, str]]) -> None:
    data = (fixtures / "formats" / "baseline.jpg").read_bytes()
    looked("http://127.0.0.1/p", PICTURE, scripted(Reply(*reply, (data,))))


@pytest.mark.parametrize(
    ("name", "role", "words"),
    [
        ("faults/html-named-jpg.jpg", PICTURE, "does not answer with a picture, but with HTML page"),
        ("faults/playlist-named-mp4.mp4", VIDEO, "does not answer with a video, but with HLS playlist"),
        ("faults/pdf-named-jpg.jpg", PICTURE, "does not answer with a picture, but with PDF document"),
        ("dance.mp4", PICTURE, "does not answer with a picture, but with mp4"),
        ("voice.mp3", PICTURE, "does not answer with a picture, but with mp3"),
        ("portrait.jpg", SOUND, "does not answer with sound, but with jpeg"),
        ("voice.aac", SOUND, "answers with aac; accepted are wav, mp3"),
        ("formats/animated.gif", PICTURE, "answers with gif; accepted are jpeg, png, bmp, webp"),
    ],
)
def test_other_bytes_are_named(fixtures: Path, sender: Sender, name: str, role: Role, words: str) -> None:
    with Site({"/f": file_page((fixtures / name).read_bytes())}) as site:
        assert refusal(f"{site.url}/f?secret=1", role, sender) == f"{site.url}/f: {words}"


def test_a_sound_file_behind_a_long_tag_is_let_pass() -> None:
    tag = b"ID3\x04\x00\x00\x00\x7f\x7f\x7f" + bytes(LOOK_BYTES)
    looked("http://127.0.0.1/v.mp3", SOUND, scripted(Reply(200, {}, (tag,))))
    assert "does not answer with a picture" in refusal("http://127.0.0.1/v.mp3", PICTURE, scripted(Reply(200, {}, (tag,))))


def test_a_file_beyond_the_limit_of_bytes(fixtures: Path) -> None:
    data = (fixtures / "voice.wav").read_bytes()
    for size, is_refused in ((15 * 2**20, False), (15 * 2**20 + 1, True)):
        reply = Reply(206, {"content-range": f"bytes 0-65535/{size}"}, (data,))
        if is_refused:
            words = refusal("http://127.0.0.1/v.wav", SOUND, scripted(reply))
            assert words == "http://127.0.0.1/v.wav: answers with 15,728,641 bytes; accepted are up to 15 MB"
        else:
            looked("http://127.0.0.1/v.wav", SOUND, scripted(reply))


@pytest.mark.parametrize(
    "reply",
    [Reply(200, {"content-length": "0"}), Reply(200), Reply(416, {"content-range": "bytes */0"}), Reply(206)],
)
def test_an_empty_file(reply: Reply) -> None:
    assert refusal("http://127.0.0.1/p", PICTURE, scripted(reply)) == "http://127.0.0.1/p: answers with an empty file"


@pytest.mark.parametrize("status", [204, 304, 400, 401, 403, 404, 410, 416])
def test_another_status_is_named_and_not_tried_again(sender: Sender, status: int) -> None:
    with Site({"/p": plain_page(status)}) as site:
        assert refusal(f"{site.url}/p?secret=1", PICTURE, sender) == f"{site.url}/p: answers with status {status}"
        assert len(site.requests) == 1


# Tries


def test_what_can_pass_is_tried_again(fixtures: Path) -> None:
    data = (fixtures / "portrait.jpg").read_bytes()
    ran = Ran()
    sender = scripted(Reply(429, {"retry-after": "7"}), Reply(0, error=LOST), Reply(200, {}, (data,)))
    looked("http://127.0.0.1/p.jpg", PICTURE, sender, ran)
    assert ran.sleeps == [7.5, 1.0]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(503), "answers with status 503"),
        (Reply(0, error=LOST), "does not answer"),
        (Reply(0, error=UNREACHABLE), "does not answer"),
    ],
)
def test_three_tries_are_enough(reply: Reply, words: str) -> None:
    assert refusal("http://127.0.0.1/p", PICTURE, scripted(reply, reply, reply)) == f"http://127.0.0.1/p: {words}"


# Where it leads


def test_only_public_addresses_are_asked_unless_others_are_allowed(fixtures: Path) -> None:
    data = (fixtures / "portrait.jpg").read_bytes()
    for allow_private in (False, True):
        ran = Ran()
        sender = scripted(Reply(302, {"location": "/q.jpg"}), Reply(200, {}, (data,)))
        looked("https://media.example/p.jpg", PICTURE, sender, ran, allow_private=allow_private)
        assert [(sent.public, sent.request.url, sent.request.carries_key) for sent in ran.sends] == [
            (not allow_private, "https://media.example/p.jpg", False),
            (not allow_private, "https://media.example/q.jpg", False),
        ]


def test_a_private_address_is_named() -> None:
    leads_inside = Reply(0, error=PrivateAddressError("10.0.0.1"))
    redirects = Reply(302, {"location": "http://inside.example/"})
    for replies in ((leads_inside,), (redirects, leads_inside)):
        words = refusal("https://media.example/p.jpg", PICTURE, scripted(*replies), allow_private=False)
        assert words == "https://media.example/p.jpg: leads to the private address 10.0.0.1, which the service cannot reach"


def test_redirects_are_followed_and_may_be_relative(fixtures: Path, sender: Sender) -> None:
    data = (fixtures / "portrait.jpg").read_bytes()
    pages = {
        "/a": plain_page(301, Location="b?x=1"),
        "/b": plain_page(307, Location="/c"),
        "/c": plain_page(308, b"moved", Location="//127.0.0.1:PORT/d"),
        "/d": file_page(data),
    }
    with Site(pages) as site:
        pages["/c"] = plain_page(308, b"moved", Location=f"{site.url.removeprefix('http:')}/d")
        looked(f"{site.url}/a", PICTURE, sender)
        assert [path for path, _ in site.requests] == ["/a", "/b?x=1", "/c", "/d"]


def test_redirects_come_to_an_end(sender: Sender) -> None:
    with Site({"/a": plain_page(302, Location="/a")}) as site:
        assert refusal(f"{site.url}/a", PICTURE, sender) == f"{site.url}/a: redirects more than 5 times"
        assert len(site.requests) == 6


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "redirects to a URL that is neither http nor https"),
        ("http://user:pass@media.example/", "redirects to a URL that contains a user name or password"),
        ("http://media.example/a b", "redirects to a URL that contains ' ', which must be percent-encoded"),
        ("http://[::1", "redirects to a URL that cannot be read"),
        ("https:///p", "redirects to a URL that has no host"),
    ],
)
def test_a_redirect_to_what_is_no_url_is_refused(location: str, words: str) -> None:
    sender = scripted(Reply(302, {"location": location}))
    assert refusal("http://media.example/", PICTURE, sender) == f"http://media.example/: {words}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://media.example/my picture.jpg", "contains ' ', which must be percent-encoded"),
        ("http://media.example/ü.jpg", "contains 'ü', which must be percent-encoded"),
        ("http://media.example\\@127.0.0.1/", "contains '\\\\', which must be percent-encoded"),
        ("http://user@media.example/p.jpg", "contains a user name or password"),
        ("ftp://media.example/p.jpg", "is neither http nor https"),
        ("http://media.example:99999/p.jpg", "cannot be read"),
        ("http:///p.jpg", "has no host"),
    ],
)
def test_what_is_no_url_is_refused(url: str, words: str) -> None:
    assert refusal(url, PICTURE, never).endswith(f": {words}")


@pytest.mark.every(
    ("address", "expected"),
    [
        (PUBLIC, True),
        ("2606:2800:220:1::1", True),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("::ffff:10.0.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("ff02::1", False),
        ("fec0::1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_public_addresses(address: str, expected: bool) -> None:
    assert is_public(address) is expected


# Names and promises


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/p.jpg?Signature=secret#part", "https://a.example/p.jpg"),
        ("https://user:secret@a.example/p.jpg", "https://a.example/p.jpg"),
        ("https://[broken/p?Signature=secret", "https://[broken/p"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_only_a_redirect_with_a_location_leads_on() -> None:
    assert Answer(302, {"location": "z"}).redirect("http://a.example/x/y") == "http://a.example/x/z"
    assert Answer(302, {}).redirect("http://a.example/") is None
    assert Answer(304, {"location": "z"}).redirect("http://a.example/") is None


HEADERS = st.dictionaries(
    st.sampled_from(["location", "content-range", "content-length", "content-type", "retry-after"]),
    st.one_of(st.text(max_size=30), st.from_regex(r"bytes [0-9]{1,25}-[0-9]{1,25}/[0-9*]{1,25}", fullmatch=True)),
)
REPLIES = st.builds(Reply, st.sampled_from([200, 206, 301, 404, 416, 429, 503]), HEADERS, st.tuples(st.binary(max_size=200)))


@given(st.lists(REPLIES, min_size=1, max_size=4), st.sampled_from([PICTURE, SOUND, VIDEO]))
def test_whatever_answers_the_look_ends_with_a_judgement(replies: list[Reply], role: Role) -> None:
    sender = scripted(*(replies * 20))
    try:
        looked("http://127.0.0.1/p", role, sender)
    except InputUrlError as error:
        assert str(error).startswith("http://127.0.0.1/p: ")


@given(st.text(max_size=60))
def test_whatever_is_given_as_url_ends_with_our_own_error(text: str) -> None:
    for url in (f"http://127.0.0.1/{text}", f"http:{text}"):
        with pytest.raises(InputUrlError):
            run(lambda session, url=url: look_at(session, url, PICTURE), lost)


def lost(_: Send) -> Answer:
    raise LOST
