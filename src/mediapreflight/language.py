"""What is said to people, in their language.

Every sentence arises in English, from a template and its values: `say` makes it. It is a plain string, so JSON, logs, caches and
other processes hold English whatever the reader's language. While another language is spoken, `say` remembers what each sentence
was made of, and `translated` says it anew where it is shown; `tr` does both at once, for what is shown where it arises. A
sentence that comes out of a cache or another process is translated if its template names no value, or if it is a detail of a
file, which `details.toml` knows by its words; others stay English. The language is the command line's affair: it calls
`speaking`, and nothing else does.

The translations are gettext catalogs in `locale/`. Nothing is loaded, and nothing remembered, for English.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from gettext import NullTranslations

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
DOMAIN = "mediapreflight"
DETAILS = "details.toml"
_ARGPARSE = "argparse"
FOLDER = Path(__file__).parent / "locale"
# The order in which gettext asks them, and the locales whose language is nobody's.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_NOBODYS = ("C", "POSIX")
# What is not shown after so many other sentences is not remembered any more, and stays in English.
_MOST_REMEMBERED = 2**16


# What a sentence was made of: templates for one and for many, how many, and values by name.
_Wording = tuple[str, str | None, int, Mapping[str, Any]]


class _Speech:
    """Another language than English, and the sentences that were made since it is spoken."""

    def __init__(self, language: Language, translations: NullTranslations) -> None:
        self.language = language
        self._translations = translations
        self._wordings: dict[str, _Wording] = {}

    def remember(self, sentence: str, wording: _Wording) -> None:
        if sentence in wording[-1].values():
            return
        self._wordings[sentence] = wording
        if len(self._wordings) > _MOST_REMEMBERED:
            self._wordings.pop(next(iter(self._wordings)), None)

    def translated(self, sentence: str) -> str:
        wording = self._wordings.get(sentence)
        if wording is None:
            # It was made before, or elsewhere: in another process, or in the run that a cache remembers.
            return self._of_elsewhere(sentence) if sentence else sentence
        one, many, number, values = wording
        template = self._of_one(one) if many is None else self._translations.ngettext(one, many, number)
        shown = {name: self.translated(value) if isinstance(value, str) else value for name, value in values.items()}
        return template.format(**shown)

    def _of_elsewhere(self, sentence: str) -> str:
        fixed = self._of_one(sentence)
        if fixed != sentence:
            return fixed
        for pattern, template in self._details:
            if found := pattern.fullmatch(sentence):
                return template.format(*map(self.translated, found.groups()))
        return sentence

    @functools.cached_property
    def _details(self) -> list[tuple[re.Pattern[str], str]]:
        import tomllib

        with (FOLDER / self.language / DETAILS).open("rb") as file:
            details = tomllib.load(file)
        return [(re.compile(re.sub(r"\\{\d\\}", "(.+?)", re.escape(english))), said) for english, said in details.items()]

    def _of_one(self, template: str) -> str:
        """The translation of a sentence that may have a plural too: Python 3.11.2 finds such ones by `ngettext` only."""
        found = self._translations.gettext(template)
        return self._translations.ngettext(template, template, 1) if found == template else found


_speech: _Speech | None = None


def say(template: str, /, **values: Any) -> str:
    """The English sentence of this template, in which `{name}` stands for the value of that name, as in `str.format`."""
    return _said(template, None, 1, values)


def say_many(one: str, many: str, count: int, /, **values: Any) -> str:
    """The English sentence about a number of things, which stands in both templates as `{count}`."""
    return _said(one, many, count, {**values, "count": count})


def tr(template: str, /, **values: Any) -> str:
    """The same as `say`, at once in the reader's language."""
    return translated(say(template, **values))


def tr_many(one: str, many: str, count: int, /, **values: Any) -> str:
    """The same as `say_many`, at once in the reader's language."""
    return translated(say_many(one, many, count, **values))


def translated(sentence: str) -> str:
    """A sentence in the reader's language, and so the sentences in it. What `say` never made, such as a name, stays as it is."""
    return sentence if _speech is None else _speech.translated(sentence)


def spoken() -> Language:
    """The language that `translated` says things in."""
    return "en" if _speech is None else _speech.language


def language_of(environment: Mapping[str, str]) -> Language:
    """The language the environment asks for, read as gettext reads it; English where it asks for none that is known."""
    asked = next((value for name in _VARIABLES if (value := environment.get(name))), "")
    for locale in asked.split(":"):
        language = locale.partition(".")[0].partition("@")[0].partition("_")[0]
        if language in LANGUAGES:
            return language
        if language in _NOBODYS:
            break
    return "en"


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Sentences are shown in this language meanwhile, in the whole process, and argparse says its own words in it too."""
    global _speech  # noqa: PLW0603 - one terminal, one reader
    before = _speech
    if language == "en":
        _speech = None
        try:
            yield
        finally:
            _speech = before
        return
    import gettext

    asked, domain = os.environ.get("LANGUAGE"), gettext.textdomain()
    _speech = _Speech(language, gettext.translation(DOMAIN, FOLDER, (language,)))
    # This is how argparse finds its words: by the domain of the process, and by the environment.
    gettext.bindtextdomain(_ARGPARSE, str(FOLDER))
    gettext.textdomain(_ARGPARSE)
    os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        _speech = before
        gettext.textdomain(domain)
        if asked is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = asked


def _said(one: str, many: str | None, number: int, values: Mapping[str, Any]) -> str:
    sentence = (one if many is None or number == 1 else many).format(**values)
    if _speech is not None:
        # An error that is kept would keep the frames it went through.
        kept = {name: str(value) if isinstance(value, BaseException) else value for name, value in values.items()}
        _speech.remember(sentence, (one, many, number, kept))
    return sentence
