"""Facts as values: the same every time, from any thread, through pickle and JSON; and nothing left open."""

import gc
import pickle
import re
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import msgspec
import pytest

from mediapreflight.media.facts import LEVELS, AudioFacts, Facts, ImageFacts, Problem, UnknownFacts, VideoFacts, missing_library
from mediapreflight.media.probe import probe

from .make import FIXTURES, MediaMaker, picture_facts

FOLDERS = (".", "formats", "orientation", "video", "faults")
ALL = sorted(path for folder in FOLDERS for path in (FIXTURES / folder).iterdir() if path.is_file() and path.suffix != ".py")
NAMES = [path.relative_to(FIXTURES).as_posix() for path in ALL]


def everything(level: str) -> list[Facts]:
    return [probe(path, level=level) for path in ALL]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def known() -> dict[str, list[Facts]]:
    return {level: everything(level) for level in LEVELS}


@pytest.mark.parametrize("level", LEVELS)
def test_facts_go_through_json_and_pickle(known: dict[str, list[Facts]], level: str) -> None:
    for facts in known[level]:
        assert pickle.loads(pickle.dumps(facts)) == facts
        text = msgspec.json.encode(facts)
        assert msgspec.json.decode(text, type=Facts) == facts
        assert re.search(rb"NaN|Infinity|-0\.0[,}]", text) is None
        assert msgspec.json.decode(text)["kind"] == facts.kind
        assert hash(facts) == hash(pickle.loads(pickle.dumps(facts)))


def test_facts_cannot_be_changed() -> None:
    facts = probe(FIXTURES / "formats/rgb.png")
    with pytest.raises(AttributeError, match="immutable"):
        facts.path = "other"  # type: ignore[misc]


def test_the_same_every_time(known: dict[str, list[Facts]]) -> None:
    for level in LEVELS:
        assert everything(level) == known[level]


def test_level_content_adds_nothing_here(known: dict[str, list[Facts]]) -> None:
    assert known["content"] == known["decode"]


@pytest.mark.sweep
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_the_same_from_threads_at_once(known: dict[str, list[Facts]], level: str) -> None:
    filters = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        for facts in pool.map(everything, repeat(level, 4)):
            assert facts == known[level]
    assert list(warnings.filters) == filters


@pytest.mark.sweep
def test_the_same_from_other_processes(known: dict[str, list[Facts]]) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(probe, ALL, chunksize=20)) == known["decode"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists the files that a process has open")
def test_no_file_is_left_open(known: dict[str, list[Facts]], make: MediaMaker) -> None:
    def opened() -> list[str]:
        return sorted(str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists())

    before = opened()
    for level in LEVELS:
        everything(level)
    for path in ALL:
        probe(make.write("half", path.read_bytes()[: path.stat().st_size // 2]))
    assert opened() == before


def test_nothing_is_warned_of_and_nothing_is_left_to_the_collector() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        unraisable: list[object] = []
        hook, sys.unraisablehook = sys.unraisablehook, unraisable.append
        try:
            everything("decode")
            gc.collect()
        finally:
            sys.unraisablehook = hook
    assert [str(each.message) for each in caught] == []
    assert unraisable == []


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    for level in LEVELS:
        everything(level)
    assert capfd.readouterr() == ("", "")


def test_what_is_said_can_be_shown(known: dict[str, list[Facts]]) -> None:
    for name, facts in zip(NAMES, known["decode"], strict=True):
        for entry in facts.problems:
            assert entry.isprintable()
            assert len(entry) < 300
            assert entry.split(": ")[0] in set(Problem)
            assert "None" not in entry
        assert facts.path == str(FIXTURES / name)


def test_kinds_and_formats(known: dict[str, list[Facts]]) -> None:
    kinds = {"image": ImageFacts, "video": VideoFacts, "audio": AudioFacts, "unknown": UnknownFacts}
    for name, facts in zip(NAMES, known["decode"], strict=True):
        assert facts.bytes == (FIXTURES / name).stat().st_size or name == "faults/empty.jpg"
        assert type(facts) is kinds[facts.kind]


def test_problem_entries() -> None:
    facts = UnknownFacts(
        path="a", problems=(Problem.EMPTY.because("one"), Problem.CORRUPT.because("two"), Problem.CORRUPT.because("3"))
    )
    assert facts.problem(Problem.CORRUPT) == "two"
    assert facts.problem(Problem.EMPTY) == "one"
    assert facts.problem(Problem.MISSING) is None


def test_no_problem_is_taken_for_another() -> None:
    for problem in Problem:
        facts = UnknownFacts(path="a", problems=(problem.because("this"),))
        assert [other for other in Problem if facts.problem(other) is not None] == [problem]


def test_missing_library_says_where_to_look() -> None:
    entry = missing_library("heic", ImportError("no libGL"))
    assert entry == "not measured: a library that reads heic does not load (no libGL); `mediapreflight doctor` says more"


def test_a_library_that_is_missing_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simplejpeg", None)
    facts = probe(FIXTURES / "formats/baseline.jpg")
    assert facts.problem(Problem.NOT_RUN) is not None
    assert facts.problem(Problem.CORRUPT) is None
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert picture_facts((FIXTURES / "formats/rgb.tiff").read_bytes()).problem(Problem.NOT_RUN) is not None
