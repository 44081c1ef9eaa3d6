"""Messages for people, in their language.

`say` makes each sentence in English, from a template and its values. The result is a plain string, so JSON, logs, caches and
other processes contain English, whatever the reader's language. While another language is selected, `say` remembers the template
and the values of each sentence, and `translated` makes the sentence again in that language when it is shown. `tr` does both at
once. A sentence from a cache or from another process is translated if its template has no values, or if it is a detail of a file,
which `details.toml` recognises by its wording; others stay English. Only the command line selects a language, with `speaking`.

The translations are gettext catalogs in `locale/`. For English nothing is loaded or remembered.
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
# The variables in the order in which gettext reads them, and the locales that have no language.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_WITHOUT_LANGUAGE = ("C", "POSIX")
# A sentence that is not shown before this many others are made is forgotten, and stays English.
_MOST_REMEMBERED = 2**16


# The spaces of a template stand between Chinese and Latin. A value can be either. Compiled on first use: so large a set takes
# longer than the rest of this module.
_SPACE_BETWEEN_CHINESE = "(?<=[\u2e80-\uffef]) (?=[\u2e80-\uffef])"

# The parts of a sentence: the templates for one and for many, the count, and the values by name.
_Wording = tuple[str, str | None, int, Mapping[str, Any]]


class _Speech:
    """The selected language, and the sentences made since it was selected."""

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
            # The sentence was made earlier or elsewhere: in another process, or in the run that wrote the cache.
            return self._of_elsewhere(sentence) if sentence else sentence
        one, many, number, values = wording
        template = self._of_one(one) if many is None else self._translations.ngettext(one, many, number)
        shown = {name: self.translated(value) if isinstance(value, str) else value for name, value in values.items()}
        return _joined(template, shown)

    def _of_elsewhere(self, sentence: str) -> str:
        fixed = self._of_one(sentence)
        if fixed != sentence:
            return fixed
        for pattern, template in self._details:
            if found := pattern.fullmatch(sentence):
                return _joined(template, {str(at): self.translated(part) for at, part in enumerate(found.groups())})
        return sentence

    @functools.cached_property
    def _details(self) -> list[tuple[re.Pattern[str], str]]:
        import tomllib

        with (FOLDER / self.language / DETAILS).open("rb") as file:
            details = tomllib.load(file)
        return [(re.compile(re.sub(r"\\{\d\\}", "(.+?)", re.escape(english))), said) for english, said in details.items()]

    def _of_one(self, template: str) -> str:
        """The translation of a sentence that may also have a plural: Python 3.11.2 finds these only with `ngettext`."""
        found = self._translations.gettext(template)
        return self._translations.ngettext(template, template, 1) if found == template else found


_speech: _Speech | None = None


def say(template: str, /, **values: Any) -> str:
    """The English sentence of a template, with `{name}` replaced by the value of that name as in `str.format`."""
    return _said(template, None, 1, values)


def say_many(one: str, many: str, count: int, /, **values: Any) -> str:
    """The English sentence about a number of things; both templates contain the number as `{count}`."""
    return _said(one, many, count, {**values, "count": count})


def tr(template: str, /, **values: Any) -> str:
    """The same as `say`, in the reader's language."""
    return translated(say(template, **values))


def tr_many(one: str, many: str, count: int, /, **values: Any) -> str:
    """The same as `say_many`, in the reader's language."""
    return translated(say_many(one, many, count, **values))


def translated(sentence: str) -> str:
    """A sentence in the reader's language, with the sentences inside it.

    Text that `say` did not make, such as a name, is unchanged.
    """
    return sentence if _speech is None else _speech.translated(sentence)


def spoken() -> Language:
    """The language of `translated`."""
    return "en" if _speech is None else _speech.language


def language_of(environment: Mapping[str, str], otherwise: str = "") -> Language:
    """The language of the environment, found as gettext finds it; English if it names none that is known.

    Args:
        otherwise: the locale to use if the environment names none.
    """
    asked = next((value for name in _VARIABLES if (value := environment.get(name))), otherwise)
    for locale in asked.split(":"):
        language = locale.partition(".")[0].partition("@")[0].partition("_")[0]
        if language in LANGUAGES:
            return language
        if language in _WITHOUT_LANGUAGE:
            break
    return "en"


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """In the block, the whole process shows sentences in this language; argparse's own words too."""
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
    # argparse finds its translations by the process's gettext domain and by the environment.
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
        # A stored error would keep its stack frames in memory.
        kept = {name: str(value) if isinstance(value, BaseException) else value for name, value in values.items()}
        _speech.remember(sentence, (one, many, number, kept))
    return sentence


def _joined(template: str, values: Mapping[str, Any]) -> str:
    """The template with its values, without its spaces between two Chinese characters; those inside values stay."""
    from string import Formatter

    formatter, said = Formatter(), ""
    for literal, name, form, conversion in formatter.parse(template):
        said = _appended(said, literal)
        if name is not None:
            said = _appended(said, format(formatter.convert_field(values[name], conversion), form or ""))
    return said


def _appended(before: str, after: str) -> str:
    edge = re.sub(_SPACE_BETWEEN_CHINESE, "", before[-2:] + after[:2])
    return f"{before[:-2]}{edge}{after[2:]}"
