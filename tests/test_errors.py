import inspect
import re

import pytest

import mediapreflight.errors
from mediapreflight import (
    CatalogError,
    JobFileError,
    MediaPreflightError,
    MissingLibraryError,
    UnknownModelError,
    UnknownRuleError,
)
from mediapreflight.errors import ConfigError, UsageError, did_you_mean

PUBLIC = [
    error
    for name, error in inspect.getmembers(mediapreflight.errors, inspect.isclass)
    if issubclass(error, Exception) and not name.startswith("_")
]


def test_all_errors_have_one_root() -> None:
    assert all(issubclass(error, MediaPreflightError) for error in PUBLIC)


def test_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn = re.findall(r"^\s+(?:[│ ]*[├└]── )?([A-Z]\w+(?:Error|Failed))\b", mediapreflight.errors.__doc__, re.MULTILINE)
    assert set(drawn) == {error.__name__ for error in PUBLIC}


@pytest.mark.every("error", PUBLIC)
def test_every_error_says_what_it_is_for(error: type[Exception]) -> None:
    assert error.__doc__


def test_usage_errors() -> None:
    for error in (UnknownModelError, UnknownRuleError, JobFileError, CatalogError, ConfigError):
        assert issubclass(error, UsageError)
    assert not issubclass(MissingLibraryError, UsageError)


def test_unknown_names_carry_what_was_probably_meant() -> None:
    error = UnknownModelError("emo-v2", ("emo-v1", "emoji-v1"))
    assert (error.model, error.suggestions) == ("emo-v2", ("emo-v1", "emoji-v1"))
    assert str(error) == "unknown model 'emo-v2'; did you mean emo-v1 or emoji-v1? `mediapreflight models` lists them all"
    assert str(UnknownRuleError("IMG999")) == "unknown rule 'IMG999'"


def test_places_in_files() -> None:
    error = JobFileError("jobs.csv", "names no model", line=3)
    assert (error.path, error.line, str(error)) == ("jobs.csv", 3, "jobs.csv:3: names no model")
    assert str(JobFileError("jobs.csv", "contains no job")) == "jobs.csv: contains no job"
    for kind in (CatalogError, ConfigError):
        keyed = kind("m.toml", "is wrong", key="roles.image", line=2)
        assert (keyed.key, str(keyed)) == ("roles.image", "m.toml:2: roles.image: is wrong")


def test_missing_library_says_how_to_fix_it() -> None:
    error = MissingLibraryError("av", "No module named 'av'", "pip install av")
    assert (error.library, error.fix) == ("av", "pip install av")
    assert str(error) == "av does not load (No module named 'av'); pip install av"


def test_suggestions() -> None:
    assert did_you_mean(()) == ""
    assert did_you_mean(("a",)) == "; did you mean a?"
    assert did_you_mean(("a", "b")) == "; did you mean a or b?"
    assert did_you_mean(("a", "b", "c")) == "; did you mean a, b or c?"
