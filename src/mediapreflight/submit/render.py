"""A request as text, as a curl command and as plain data, none of which shows the API key.

A file that travels inside the request as a `data:` URL is shortened in the text, which is for people. The curl command and the
data hold it whole: they are for programs. curl reads the body from its standard input: a file would not fit on a command line.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from ..probe.source import display_name
from ..report.style import plain
from .exchange import Form, Request
from .key import KEY_VARIABLE, MASK

_DATA_URL_SHOWN = 60


def as_text(request: Request) -> str:
    """The request as it goes over the wire, in lines: method and URL, headers, an empty line, the body. Fit for a terminal."""
    lines = [f"{request.method} {_full_url(request)}", *(f"{name}: {value}" for name, value in _headers(request).items())]
    if request.json is not None:
        lines += ["", *json.dumps(_shortened(request.json), indent=2, ensure_ascii=False).split("\n")]
    if request.form is not None:
        lines += ["", *(f"{name}={value}" for name, value in request.form.fields)]
        lines += [f"file={request.form.name} (the content of {request.form.path})"]
    return "\n".join(plain(line) for line in lines)


def as_curl(request: Request) -> str:
    """The request as a command for a POSIX shell with curl (bash, zsh), which runs as it stands once DASHSCOPE_API_KEY is set."""
    url = _full_url(request)
    # To curl, brackets and braces in a URL mean several URLs.
    verb = "--head " if request.method == "HEAD" else f"-X {request.method} "
    command = [f"curl {verb}{'--globoff ' if re.search(r'[][{}]', url) else ''}{_quoted(url)}", *_curl_options(request)]
    body = "" if request.json is None else f" <<'JSON'\n{_ascii_json(request.json)}\nJSON"
    return " \\\n  ".join(command) + body


def as_dict(request: Request) -> dict[str, Any]:
    """The request as plain data for JSON: `purpose`, `method`, `url`, `headers`, `params`, `json`, `form`.

    `form`: `fields`, the `path` of the file and its `name`. `json` and `form` are None where there is no such body.
    """
    return {
        "purpose": request.purpose,
        "method": request.method,
        "url": request.url,
        "headers": _headers(request),
        "params": dict(request.params),
        "json": request.json,
        "form": None if request.form is None else _form_dict(request.form),
    }


def _form_dict(form: Form) -> dict[str, Any]:
    return {"fields": dict(form.fields), "path": display_name(form.path), "name": form.name}


def _headers(request: Request) -> dict[str, str]:
    key = {"Authorization": f"Bearer {MASK}"} if request.carries_key else {}
    return {**key, **request.headers}


def _full_url(request: Request) -> str:
    return f"{request.url}?{urlencode(request.params)}" if request.params else request.url


def _curl_options(request: Request) -> Iterator[str]:
    if request.carries_key:
        yield f'-H "Authorization: Bearer ${KEY_VARIABLE}"'
    for name, value in request.headers.items():
        yield f"-H {_quoted(f'{name}: {value}')}"
    if request.json is not None:
        yield "--data-binary @-"
    if request.form is not None:
        for name, value in request.form.fields:
            yield f"--form-string {_quoted(f'{name}={value}')}"
        yield f"-F {_quoted(f'file=@{_curl_name(request.form.path)};filename={_curl_name(request.form.name)}')}"


def _curl_name(name: str) -> str:
    """A file name inside a form option of curl, where quotes and backslashes are escaped."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quoted(text: str) -> str:
    """A word for the shell. Characters that are not printable are written as bytes, so that none reaches the terminal."""
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_shell_character(character) for character in text) + "'"


def _shell_character(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))


def _ascii_json(value: Any) -> str:
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f")


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    if isinstance(value, str) and value.startswith("data:") and len(value) > _DATA_URL_SHOWN:
        return f"{value[:_DATA_URL_SHOWN]}… ({len(value)} characters)"
    return value
