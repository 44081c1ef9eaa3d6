#!/usr/bin/env python3
"""The addresses of other sites that the built documentation links to. Usage: scripts/docs_links.py [--ask] [FOLDER]

Prints each address once, with the page that names it first. `--ask` requests each, prints those that do not answer with a page,
and ends with status 1 where there is one. Links between pages of the site are checked by `scripts/docs` when it builds them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx

SITE = Path(__file__).resolve().parent.parent / "build" / "site"
_TIMEOUT_S = 30


class _Links(HTMLParser):
    """Collects where the links of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def main() -> int:
    """List the addresses, or ask for them."""
    parser = argparse.ArgumentParser(description="List the addresses of other sites that the documentation links to.")
    parser.add_argument("folder", nargs="?", type=Path, default=SITE, help="the built site; default: build/site")
    parser.add_argument("--ask", action="store_true", help="request each address, and print those that fail")
    options = parser.parse_args()
    addresses = external(options.folder)
    lines = list(_failures(addresses) if options.ask else (f"{address}  {page}" for address, page in addresses.items()))
    print("\n".join([*lines, f"{len(addresses)} addresses" + (f", {len(lines)} failed" if options.ask else "")]))
    return 1 if options.ask and lines else 0


def external(folder: Path) -> dict[str, str]:
    """By address, the first page that links to it; in the order of addresses."""
    found: dict[str, str] = {}
    for page in sorted(folder.rglob("*.html")):
        links = _Links()
        links.feed(page.read_text(encoding="utf-8"))
        for link in links.found:
            if link.startswith(("http://", "https://")):
                found.setdefault(link.partition("#")[0], page.relative_to(folder).as_posix())
    return dict(sorted(found.items()))


def _failures(addresses: dict[str, str]) -> Iterator[str]:
    with httpx.Client(follow_redirects=True, timeout=_TIMEOUT_S) as client:
        for address, page in addresses.items():
            fault = _fault(client, address)
            if fault:
                yield f"{address}  {page}  {fault}"


def _fault(client: httpx.Client, address: str) -> str:
    """What is wrong with an address; empty where it answers with a page."""
    try:
        with client.stream("GET", address) as answer:
            return "" if answer.is_success else f"status {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
