"""The API key: found, checked, and never shown."""

import contextlib
import copy
import html
import html.entities
import json
import logging
import pickle
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.errors import UsageError
from mediapreflight.submit.http.key import ApiKey, find_key

SECRET = "sk-0123456789abcdef"
KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=60)
EMPTY: dict[str, str] = {}


def lower_hex(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)


@pytest.fixture
def no_key_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)


class TestApiKey:
    def test_shows_nothing_of_itself(self, caplog: pytest.LogCaptureFixture) -> None:
        key = ApiKey(SECRET)
        logging.getLogger("test").warning("%s %r", key, key)
        shown = [repr(key), str(key), f"{key}", f"{key!r:>20}", str([key]), str({"key": key}), caplog.text]
        assert not any(SECRET[3:7] in text for text in shown)
        assert repr(key) == "ApiKey(****)"

    def test_gives_itself_when_asked(self) -> None:
        assert ApiKey(SECRET).value == SECRET

    def test_a_pasted_newline_is_taken_off(self) -> None:
        assert ApiKey(f" {SECRET}\r\n").value == SECRET

    @pytest.mark.parametrize("text", ["", "  \n", "sk-a b", "sk-ä", "sk-\x00", "sk-a\nb", "Bearer sk-1", "sk-\x7f"])
    def test_what_is_no_key(self, text: str) -> None:
        with pytest.raises(UsageError) as caught:
            ApiKey(text)
        assert "sk-" not in str(caught.value)

    def test_is_neither_pickled_nor_copied(self) -> None:
        for act in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="cannot be pickled or copied"):
                act(ApiKey(SECRET))

    def test_has_no_dict_that_a_dump_would_show(self) -> None:
        assert not hasattr(ApiKey(SECRET), "__dict__")
        with pytest.raises(TypeError):
            json.dumps({"key": ApiKey(SECRET)})

    def test_equal_keys(self) -> None:
        assert ApiKey(SECRET) == ApiKey(SECRET + "\n") != ApiKey("sk-other")
        assert len({ApiKey(SECRET), ApiKey(SECRET)}) == 1
        assert ApiKey(SECRET) != SECRET


class TestAccount:
    def test_stays_the_same(self) -> None:
        # What ledgers on disk already hold must go on matching.
        assert ApiKey(SECRET).account == "34b4af654d86c878"

    @given(KEYS, KEYS)
    def test_tells_keys_apart_and_hides_them(self, one: str, other: str) -> None:
        assert (ApiKey(one).account == ApiKey(other).account) == (one == other)
        assert one not in ApiKey(one).account


def json_escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04X}" for character in text)


def by_number(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in text)


def by_hexadecimal(text: str) -> str:
    return "".join(f"&#X000{ord(character):x};" for character in text)


def by_name(text: str) -> str:
    names = {character: name for name, character in html.entities.html5.items() if len(character) == 1 and name.endswith(";")}
    return "".join(f"&{names[character]}" if character in names else character for character in text)


def percent(text: str) -> str:
    return "".join(f"%{ord(character):02x}" for character in text)


def as_json(text: str) -> str:
    return json.dumps(text)[1:-1]


SPELLINGS = (str, quote, json_escaped, as_json, by_number, by_hexadecimal, by_name, percent, html.escape)


def decoded(text: str) -> set[str]:
    """What readers of JSON, XML and URLs make of a text, also one after another."""
    known = {text}
    for _ in range(2):
        for each in set(known):
            known |= {html.unescape(each), unquote(each)}
            with contextlib.suppress(ValueError):
                known.add(json.loads(f'"{each}"'))
    return known


class TestMask:
    @given(KEYS.filter(lambda key: "*" not in key), st.text(), st.text())
    def test_no_form_of_the_key_stays(self, key: str, before: str, after: str) -> None:
        for form in (key, quote(key), quote(key, safe=""), lower_hex(quote(key)), json.dumps(key), repr(key)):
            masked = ApiKey(key).mask(f"{before}{form}{after}")
            assert "****" in masked
            assert key not in masked

    @given(KEYS.filter(lambda key: not set("*\\") & set(key)), st.data())
    def test_no_reader_makes_the_key_of_what_stays(self, key: str, data: st.DataObject) -> None:
        ways = data.draw(st.lists(st.sampled_from(SPELLINGS), min_size=len(key), max_size=len(key)))
        spelled = "".join(way(character) for way, character in zip(ways, key, strict=True))
        masked = ApiKey(key).mask(f"before {spelled} after")
        assert "****" in masked
        assert not any(key in text for text in decoded(masked))

    @given(st.sampled_from(SPELLINGS), st.sampled_from(SPELLINGS))
    def test_a_spelling_within_a_spelling(self, inner: Callable[[str], str], outer: Callable[[str], str]) -> None:
        spelled = outer(inner(SECRET))
        if SECRET in decoded(spelled):
            assert not any(SECRET in text for text in decoded(ApiKey(SECRET).mask(f"before {spelled} after")))

    def test_every_occurrence_and_nothing_else(self) -> None:
        key = ApiKey('sk-"a/b')
        encoded = quote(key.value, safe="")
        text = f"{key.value} x {json.dumps(key.value)} y {encoded} {lower_hex(encoded)}"
        assert key.mask(text) == '**** x "****" y **** ****'
        assert key.mask("nothing of it") == "nothing of it"

    @pytest.mark.parametrize("filler", ["\\", "%", "%25", "&amp;", "&#0", "\\u0000", "\\u0026", "s", "sk-", "sk-0123456789abcde"])
    def test_takes_time_by_the_length_of_the_text(self, filler: str) -> None:
        # A pattern that tries again for every beginning would take minutes.
        assert ApiKey(SECRET).mask(filler * (2**18 // len(filler))).count("*") == 0


def found(explicit: Any = None, *, environment: Mapping[str, str]) -> ApiKey:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DASHSCOPE_API_KEY", raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        return find_key(explicit)


class TestFindKey:
    def test_given_as_text_as_a_function_or_as_a_key(self) -> None:
        variables = {"DASHSCOPE_API_KEY": "sk-environment"}
        for explicit in (SECRET, lambda: SECRET, ApiKey(SECRET)):
            assert found(explicit, environment=variables) == ApiKey(SECRET)

    def test_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert found(environment={"DASHSCOPE_API_KEY": f"{SECRET}\n"}) == ApiKey(SECRET)
        monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-process")
        assert find_key() == ApiKey("sk-process")

    @pytest.mark.parametrize("explicit", ["", lambda: "", lambda: None])
    def test_an_empty_given_key_does_not_fall_through(self, explicit: object) -> None:
        with pytest.raises(UsageError, match="is empty"):
            found(explicit, environment={"DASHSCOPE_API_KEY": SECRET})

    def test_a_broken_key_names_where_it_stands_and_not_itself(self) -> None:
        with pytest.raises(UsageError, match="DASHSCOPE_API_KEY contains a character") as caught:
            found(environment={"DASHSCOPE_API_KEY": "sk-a b"})
        assert "sk-a" not in str(caught.value)

    @pytest.mark.usefixtures("no_key_ring")
    @pytest.mark.parametrize("variables", [{}, {"DASHSCOPE_API_KEY": " "}])
    def test_no_key_anywhere_is_one_clear_line(self, variables: dict[str, str]) -> None:
        with pytest.raises(UsageError) as caught:
            found(environment=variables)
        assert str(caught.value) == "no API key: set DASHSCOPE_API_KEY, or store one with `keyring set dashscope api-key`"


class TestKeyRing:
    @pytest.fixture
    def stored(self) -> Iterator[dict[tuple[str, str], str]]:
        keyring = pytest.importorskip("keyring")
        from keyring.backend import KeyringBackend

        passwords: dict[tuple[str, str], str] = {}

        class InMemory(KeyringBackend):
            priority = 1

            def get_password(self, service: str, username: str) -> str | None:
                if (service, username) == ("dashscope", "api-key") and "locked" in passwords.values():
                    raise keyring.errors.KeyringLocked("a dialogue was dismissed")
                return passwords.get((service, username))

            def set_password(self, service: str, username: str, password: str) -> None:
                passwords[service, username] = password

        before = keyring.get_keyring()
        keyring.set_keyring(InMemory())
        yield passwords
        keyring.set_keyring(before)
        # The key ring of the system may go on asking every kind of key ring that was ever defined.
        passwords.clear()

    def test_is_asked_last(self, stored: dict[tuple[str, str], str]) -> None:
        stored["dashscope", "api-key"] = "sk-ring"
        assert found(environment=EMPTY) == ApiKey("sk-ring")
        assert found(environment={"DASHSCOPE_API_KEY": SECRET}) == ApiKey(SECRET)

    def test_holds_none(self, stored: dict[tuple[str, str], str]) -> None:
        assert not stored
        with pytest.raises(UsageError, match=r"^no API key: set DASHSCOPE_API_KEY.*api-key`$"):
            found(environment=EMPTY)

    def test_does_not_open(self, stored: dict[tuple[str, str], str]) -> None:
        stored["other", "user"] = "locked"
        with pytest.raises(UsageError, match=r"no API key.*the key ring does not answer: KeyringLocked"):
            found(environment=EMPTY)

    def test_of_a_machine_without_one(self, stored: dict[tuple[str, str], str]) -> None:
        import keyring
        from keyring.backends.fail import Keyring

        keyring.set_keyring(Keyring())
        with pytest.raises(UsageError, match=r"api-key`$"):
            found(environment=EMPTY)
        assert not stored
