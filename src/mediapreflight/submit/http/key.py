"""The API key: where it is found, and how it is kept out of all output."""

from __future__ import annotations

import hashlib
import html
import importlib
import os
import re
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import unquote

from ...errors import UsageError
from ...language import say

KEY_VARIABLE = "DASHSCOPE_API_KEY"
KEYRING_SERVICE = "dashscope"
KEYRING_USER = "api-key"
MASK = "****"

_KEY = re.compile(r"[!-~]+")
_ACCOUNT_DOMAIN = b"mediapreflight account\0"
_ACCOUNT_DIGITS = 16


class ApiKey:
    """An API key that can only be read as `value`. It cannot be printed, pickled or copied.

    Raises UsageError if the text is not a key: empty, or with a character other than printable ASCII in it. White space at both
    ends is removed.
    """

    __slots__ = ("_value",)

    def __init__(self, text: str, what: str = say("the API key")) -> None:
        # The text is never shown: a key with a typing error is still most of a key.
        value = text.strip() if isinstance(text, str) else ""
        if not value:
            raise UsageError(say("{what} is empty", what=what))
        if not _KEY.fullmatch(value):
            raise UsageError(
                say(
                    "{what} contains a character that a key cannot have: only printable ASCII without spaces is allowed",
                    what=what,
                )
            )
        self._value = value

    @property
    def value(self) -> str:
        """The key itself, for its header."""
        return self._value

    @property
    def account(self) -> str:
        """Sixteen hexadecimal digits that identify a key in the ledger and do not reveal it."""
        return hashlib.sha256(_ACCOUNT_DOMAIN + self._value.encode("ascii")).hexdigest()[:_ACCOUNT_DIGITS]

    def mask(self, text: str) -> str:
        """The text with every occurrence of the key replaced by `****`.

        If one is escaped, as JSON, a repr, XML, HTML or a URL escape characters, all escapes of the text are resolved.
        """
        masked = readable = text.replace(self._value, MASK)
        for _ in range(_DEPTH):
            readable = _without_escapes(readable)
            if self._value in readable:
                masked = readable = readable.replace(self._value, MASK)
        return masked

    def __repr__(self) -> str:
        return f"ApiKey({MASK})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(say("an API key cannot be pickled or copied"))


def find_key(explicit: ApiKey | str | Callable[[], str] | None = None) -> ApiKey:
    """The API key: as given, else from DASHSCOPE_API_KEY, else from the key ring (service `dashscope`, user `api-key`).

    Raises UsageError if there is none, or what is there is not a key. The key ring is used only if the library `keyring` is
    installed.
    """
    if isinstance(explicit, ApiKey):
        return explicit
    if explicit is not None:
        return ApiKey(explicit() if callable(explicit) else explicit)
    if (value := os.environ.get(KEY_VARIABLE, "")).strip():
        return ApiKey(value, say("the API key in {key_variable}", key_variable=KEY_VARIABLE))
    stored, trouble = _from_key_ring()
    if stored:
        return ApiKey(stored, say("the API key in the key ring"))
    raise UsageError(
        say(
            "no API key: set {key_variable}, or store one with `keyring set {keyring_service} {keyring_user}`{trouble}",
            key_variable=KEY_VARIABLE,
            keyring_service=KEYRING_SERVICE,
            keyring_user=KEYRING_USER,
            trouble=trouble,
        )
    )


def _from_key_ring() -> tuple[str | None, str]:
    """The stored key, if any, and what went wrong, as the end of a message."""
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return None, ""
    try:
        return keyring.get_password(KEYRING_SERVICE, KEYRING_USER), ""
    except keyring.errors.NoKeyringError:
        return None, ""
    except Exception as error:
        # Key rings are plug-ins, and can raise anything.
        return None, say(" (the key ring does not answer: {name})", name=type(error).__name__)


# The number of nested escapes that are resolved.
_DEPTH = 4
_BACKSLASH = re.compile(r"\\(?:(?:u00|x)(?P<code>[0-7][0-9A-Fa-f])|(?P<character>[!-~]))")


def _without_escapes(text: str) -> str:
    plain = _BACKSLASH.sub(lambda found: chr(int(found["code"], 16)) if found["code"] else found["character"], text)
    return html.unescape(unquote(plain, "latin-1"))
