"""What goes onto the wire and what is taken off it, against a real server: where the key goes, and how much is read."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from mediapreflight.errors import ProtocolError, UsageError
from mediapreflight.submit.client import Client
from mediapreflight.submit.exchange import OPEN_PURPOSES, Answer, Flow, Request, Send
from mediapreflight.submit.ledger import Ledger, NewSubmission

from .conftest import KEY
from .drive import Site, plain_page

BOUND = 16 * 2**20


def echo(handler: BaseHTTPRequestHandler) -> None:
    said = handler.headers["Authorization"]
    plain_page(200, said.encode(), X_Echo=said)(handler)


@pytest.fixture
def site() -> Iterator[Site]:
    pages = {
        "/": plain_page(200),
        "/elsewhere": plain_page(302, Location="/"),
        "/echo": echo,
        "/thousand": plain_page(200, b"x" * 1000),
        "/endless": plain_page(200, b"x" * (BOUND + 1)),
    }
    with Site(pages) as opened:
        yield opened


@pytest.fixture
def client(site: Site, tmp_path: Path) -> Iterator[Client]:
    with Client(api_key=KEY, base_url=f"{site.url}/api/v1", ledger=Ledger(tmp_path / "ledger.sqlite3")) as opened:
        yield opened


def sent(client: Client, purpose: Any, url: str, **bounds: Any) -> Answer:
    def flow() -> Flow[Answer]:
        answer: Answer = yield Send(Request(purpose, "GET", url), **bounds)
        return answer

    return client.run(flow())


@pytest.mark.parametrize("purpose", ["policy", "detect", "create", "query", "list", "cancel"])
def test_the_key_goes_with_calls_of_the_service(client: Client, site: Site, purpose: str) -> None:
    sent(client, purpose, f"{site.url}/")
    assert [headers["authorization"] for _, headers in site.requests] == [f"Bearer {KEY}"]


@pytest.mark.parametrize("purpose", sorted(OPEN_PURPOSES))
def test_the_key_goes_nowhere_else(client: Client, site: Site, purpose: str) -> None:
    sent(client, purpose, f"{site.url}/")
    ((_, headers),) = site.requests
    assert not any(KEY in value for value in headers.values())


@pytest.mark.parametrize("purpose", ["query", "download"])
def test_no_redirect_is_followed(client: Client, site: Site, purpose: str) -> None:
    answer = sent(client, purpose, f"{site.url}/elsewhere")
    assert (answer.status, answer.headers["location"]) == (302, "/")
    assert [path for path, _ in site.requests] == ["/elsewhere"]


def test_a_key_that_comes_back_is_masked(client: Client, site: Site) -> None:
    answer = sent(client, "query", f"{site.url}/echo")
    assert (answer.body, answer.headers["x-echo"]) == (b"Bearer ****", "Bearer ****")


def test_an_answer_is_read_up_to_its_bound(client: Client, site: Site) -> None:
    assert len(sent(client, "query", f"{site.url}/thousand", most=1000).body) == 1000
    with pytest.raises(ProtocolError, match=r"^127\.0\.0\.1:\d+ answers with more than 999 bytes$"):
        sent(client, "query", f"{site.url}/thousand", most=999)


def test_an_answer_has_a_bound_where_none_is_named(client: Client, site: Site) -> None:
    with pytest.raises(ProtocolError, match=f"answers with more than {BOUND:,} bytes"):
        sent(client, "list", f"{site.url}/endless")


def test_a_task_is_not_asked_for_at_another_place_than_it_was_made(client: Client, site: Site) -> None:
    elsewhere, own = client.around.ledger.register([_entry("https://elsewhere.example/api/v1"), _entry(f"{site.url}/api/v1")])
    with pytest.raises(UsageError, match=r"belongs to https://elsewhere\.example/api/v1; give that as the base URL$"):
        client.around.endpoint_of(elsewhere)
    assert client.around.endpoint_of(own).base_url == f"{site.url}/api/v1"


def _entry(base_url: str) -> NewSubmission:
    job = {"model": "wan2.6-i2v", "inputs": {}, "parameters": {}, "region": "beijing"}
    return NewSubmission(fingerprint=base_url, model="wan2.6-i2v", region="beijing", base_url=base_url, job=job)
