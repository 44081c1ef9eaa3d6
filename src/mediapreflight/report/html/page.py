"""The page itself: filled-in templates, with no script but its own.

Every value goes through `plain`, which escapes control and direction characters, and is then HTML-escaped.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..._version import __version__
from ...language import spoken, tr, tr_many
from ...text import plain
from .views import FITS, rule_views

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
# Cards wait for the counts at the top of the page: in memory while they are small, then in a file.
_SPOOL_BYTES = 8 * 2**20
_PIECE = 2**16


def filled(template: str, *, beside: Path | None = None, **values: Any) -> str:
    """A template of this folder, filled in; or one of the folder `beside`, whose templates may use those of this folder."""
    folders = (TEMPLATES,) if beside is None else (beside, TEMPLATES)
    return _environment(folders).get_template(template).render(**values)


class Card(NamedTuple):
    """One job of a page. Those of the lowest rank come first, those that fit last, folded."""

    text: str
    rank: int = 0


def assembled(cards: Iterable[Card], title: str, top: Callable[[], str], codes: Callable[[], Iterable[str]]) -> Iterator[str]:
    """A whole page in pieces, with constant memory use, however many cards there are.

    Args:
        top, codes: called after all cards: the part above them, and the rules that are explained below them.
    """
    with ExitStack() as stack:
        spools = [stack.enter_context(_spool()) for _ in range(FITS + 1)]
        counts = [0] * len(spools)
        for card in cards:
            spools[card.rank].write(card.text)
            counts[card.rank] += 1
        shared = _shared_values()
        yield filled("head.html", title=title, **shared)
        yield top()
        *others, fitting = spools
        for spool in others:
            yield from _pieces(spool)
        if counts[FITS]:
            yield filled("fold.html", count=counts[FITS], open=not any(counts[:FITS]))
            yield from _pieces(fitting)
            yield "</details>\n"
        yield filled("tail.html", rules=tuple(rule_views(codes())), version=__version__, **shared)


def _spool() -> tempfile.SpooledTemporaryFile[str]:
    return tempfile.SpooledTemporaryFile(_SPOOL_BYTES, "w+", encoding="utf-8", newline="\n")


def _pieces(spool: tempfile.SpooledTemporaryFile[str]) -> Iterator[str]:
    spool.seek(0)
    while piece := spool.read(_PIECE):
        yield piece


def _shared_values() -> dict[str, Any]:
    """The head of every page: style, script, and a policy that allows only these two, by their hashes.

    Pictures are `data:` URIs; nothing is loaded from any address.
    """
    from markupsafe import Markup

    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    allowed = f"img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    # Both are files of this package.
    return {"style": Markup(style), "script": Markup(script), "policy": policy}


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@functools.cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalized,
    )
    environment.filters["picture_uri"] = _picture_uri
    environment.filters["with_code"] = _with_code
    environment.globals.update(tr=tr, tr_many=tr_many, spoken=spoken)
    return environment


def _picture_uri(jpeg: bytes) -> Markup:
    """A `data:` URI, written without escaping: it contains only letters and digits."""
    from markupsafe import Markup

    return Markup(f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}")


def _with_code(text: str) -> Markup:
    """A sentence, with what stands between backticks as code."""
    from markupsafe import Markup, escape

    parts = plain(text).split("`")
    if len(parts) % 2 == 0:
        return escape(plain(text))
    return Markup().join(Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


def _finalized(value: Any) -> Any:
    return plain(value) if type(value) is str else value
