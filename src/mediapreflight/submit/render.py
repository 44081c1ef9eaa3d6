"""A request as text, as a curl command and as plain data, none of which shows the API key: not where it belongs, and after
`masked` not where somebody typed it into a value either.

A file that travels inside the request as a `data:` URL is shortened in the text, which is for people. The curl command and the
data hold it whole: they are for programs. curl reads the body from its standard input: a file would not fit on a command line.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from ..media.data_url import holds_base64, is_data_url
from ..media.source import display_name
from ..text import plain
from .http.exchange import Form, Request
from .http.key import KEY_VARIABLE, MASK

_ORDER = "##["


def as_text(request: Request) -> str:
    """The request as it goes over the wire, in lines: method and URL, headers, an empty line, the body. Fit for a terminal."""
    lines = [f"{request.method} {_full_url(request)}", *(f"{name}: {value}" for name, value in _headers(request).items())]
    if request.json is not None:
        lines += ["", *json.dumps(_shortened(request.json), indent=2, ensure_ascii=False).split("\n")]
    if request.form is not None:
        lines += ["", *(f"{name}={value}" for name, value in request.form.fields)]
        lines += [f"file={request.form.name} (the content of {display_name(request.form.path)})"]
    return "\n".join(plain(line) for line in lines)


def as_curl(request: Request) -> str:
    """The request as a command for a POSIX shell with curl (bash, zsh), which runs as it stands once DASHSCOPE_API_KEY is set."""
    url = _full_url(request)
    # To curl, brackets and braces in a URL mean several URLs.
    verb = "--head " if request.method == "HEAD" else f"-X {request.method} "
    command = [f"curl {verb}{'--globoff ' if re.search(r'[][{}]', url) else ''}{_quoted(url)}", *_curl_options(request)]
    body = "" if request.json is None else f" <<'JSON'\n{_ascii_json(request.json)}\nJSON"
    return _note(request) + " \\\n  ".join(command) + body


def masked(request: Request, mask: Callable[[str], str]) -> Request:
    """The request with every text in it changed by `mask`, which takes the key out."""
    form = request.form
    if form is not None:
        fields = tuple((mask(name), mask(value)) for name, value in form.fields)
        form = Form(fields, mask(form.path), mask(form.name))
    return replace(
        request,
        url=mask(request.url),
        headers=_masked(dict(request.headers), mask),
        params=_masked(dict(request.params), mask),
        json=_masked(request.json, mask),
        form=form,
    )


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {mask(name): _masked(inner, mask) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, mask) for inner in value]
    return mask(value) if isinstance(value, str) else value


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
        yield f"-F {_quoted(f'file=@{_curl_name(_curl_file(request.form))};filename={_curl_name(request.form.name)}')}"


def _note(request: Request) -> str:
    """A comment on what must be done by hand first: curl reads no `data:` URL as a file."""
    form = request.form
    if form is None or not is_data_url(form.path):
        return ""
    return f"# {plain(f'first write what {display_name(form.path)} holds to {_curl_file(form)}')}\n"


def _curl_file(form: Form) -> str:
    return f"./{form.name}" if is_data_url(form.path) else form.path


def _curl_name(name: str) -> str:
    """A file name inside a form option of curl, where quotes and backslashes are escaped."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quoted(text: str) -> str:
    """A word for the shell. Characters that are not printable are written as bytes, so that none reaches the terminal; so is what
    a runner of GitHub would take for an order, which it finds anywhere in a line.
    """
    if text.isprintable() and _ORDER not in text:
        return shlex.quote(text)
    return "$'" + "".join(_shell_character(character) for character in text).replace(_ORDER, "##\\x5b") + "'"


def _shell_character(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isprintable():
        return character
    # Bytes that are no UTF-8 come back as they were; the other halves of surrogate pairs stand for nothing.
    handler = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", handler))


def _ascii_json(value: Any) -> str:
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f").replace(_ORDER, "##\\u005b")


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    return display_name(value) if isinstance(value, str) and holds_base64(value) else value
