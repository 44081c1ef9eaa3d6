"""The cache of measurements: what it remembers, what it does not, and that nothing it meets can fail a run."""

import concurrent.futures
import multiprocessing
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mediapreflight
from mediapreflight import Cache, Catalog, Job, check, check_many, probe
from mediapreflight.catalog import Role
from mediapreflight.check import cache
from mediapreflight.check.cache import ENVIRONMENT, MAX_BYTES, cache_folder
from mediapreflight.check.measure import measure_file
from mediapreflight.people.facts import PictureContent

LONG_AGO = 1_600_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def picture(fixtures: Path, tmp_path: Path) -> Path:
    """A picture that did not change for long."""
    return settled(shutil.copy(fixtures / "portrait.jpg", tmp_path / "a.jpg"))


@pytest.fixture(scope="module")
def role() -> Role:
    """One that asks for headers and data only."""
    return Catalog().model("videoretalk").roles["ref_image"]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files measured from here on."""
    names: list[str] = []

    def spy(path: str, *more: Any) -> Any:
        names.append(Path(path).name)
        return measure_file(path, *more)

    monkeypatch.setattr(sys.modules["mediapreflight.check.measure"], "measure_file", spy)
    return names


def settled(path: str | Path) -> Path:
    os.utime(path, (LONG_AGO, LONG_AGO))
    return Path(path)


def reported(paths: list[Path], kept: Cache | None, level: str = "decode", **options: Any) -> list[str]:
    """The report of each file, as JSON. Measured in this process, where tests can watch."""
    reports = check_many(paths, model="videoretalk", level=level, cache=kept, contained=False, **options)
    return [report.to_json() for report in reports]


def rows(kept: Cache) -> int:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(_rows, kept.path).result()


def _rows(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT count(*) FROM measured").fetchone()[0]
    finally:
        connection.close()


# --- what is remembered ----------------------------------------------------------------------------------------------


def test_unchanged_file_is_measured_once(folder: Path, picture: Path, measured: list[str]) -> None:
    with Cache(folder) as kept:
        first = reported([picture], kept)
        assert reported([picture], kept) == first
    with Cache(folder) as kept:
        assert reported([picture], kept) == first
    assert measured == ["a.jpg"]
    assert reported([picture], None) == first


@pytest.mark.sweep
def test_every_fixture_reads_the_same_from_the_cache(fixtures: Path, tmp_path: Path, folder: Path) -> None:
    """Facts, problems and findings, of good files and bad, at every level below people."""
    shutil.copytree(fixtures, tmp_path / "media", ignore=shutil.ignore_patterns("*.py", "making"))
    paths = [settled(path) for path in sorted((tmp_path / "media").rglob("*")) if path.is_file()]
    paths += [tmp_path / "media", tmp_path / "missing.png"]
    for level in ("metadata", "decode"):
        alone = reported(paths, None, level)
        with Cache(folder) as kept:
            for workers in (1, 2, 8, 1):
                assert reported(paths, kept, level, workers=workers) == alone


@pytest.mark.sweep
@pytest.mark.parametrize("model", ["emo-v1", "animate-anyone-detect-gen2", "liveportrait"])
def test_content_reads_the_same_from_the_cache(fixtures: Path, tmp_path: Path, folder: Path, model: str) -> None:
    names = ["portrait.jpg", "full-body.jpg", "half-body.jpg"] + (["voice.wav"] if model == "liveportrait" else [])
    paths = [settled(shutil.copy(fixtures / name, tmp_path / name)) for name in names]

    def reports() -> list[str]:
        with Cache(folder) as kept:
            return [report.to_json() for report in check_many(paths, model=model, cache=kept)]

    cold = reports()
    assert any('"content":{' in report for report in cold)
    loaded = f"import sys; from mediapreflight import Cache, check_many; paths = {list(map(str, paths))!r}\n"
    loaded += f"with Cache({str(folder)!r}) as kept:\n    reports = check_many(paths, model={model!r}, cache=kept)\n"
    loaded += "    for report in reports: print(report.to_json())\n"
    loaded += "assert not {'PIL', 'av', 'cv2', 'mediapipe', 'numpy', 'simplejpeg'} & set(sys.modules)"
    assert run_python("-c", loaded).splitlines() == cold
    assert reports() == cold


def test_content_is_kept_apart_by_what_was_looked_at(folder: Path, picture: Path) -> None:
    """A look for faces says nothing of bodies; and facts serve whoever asks for them."""
    catalog = Catalog()
    faces, bodies = catalog.model("liveportrait").roles["image"], catalog.model("animate-anyone-detect-gen2").roles["image"]
    with Cache(folder) as kept:
        assert check(Job("liveportrait", whole=False, image=picture), cache=kept).jobs[0].inputs["image"].content is not None
        (stamp, found), (_, none) = (kept.recall(str(picture), role, "content") for role in (faces, bodies))
        assert stamp is not None
        assert found is not None
        assert isinstance(found.content, PictureContent)
        assert found.content.bodies is None
        assert none is None
        assert kept.recall(str(picture), bodies, "decode")[1] is not None


def test_verdicts_are_never_kept(folder: Path, picture: Path, tmp_path: Path, measured: list[str]) -> None:
    """Another catalog judges the same measurements."""
    own = tmp_path / "own.toml"
    own.write_text('extends = "emo-v1"\nid = "emo-v1"\n[roles.image.side]\ndocumented = "<= 10"\n'
                   'safe = "<= 10"\nsource = "EMO"\nsafe_source = "EMO"\n')  # fmt: skip
    job = Job("emo-v1", whole=False, image=picture)
    with Cache(folder) as kept:
        assert check(job, level="decode", cache=kept, contained=False).ok
        report = check(job, level="decode", cache=kept, contained=False, catalog=Catalog([own]))
    assert "IMG006" in [finding.code for finding in report.findings]
    assert measured == ["a.jpg"]


def test_path_in_the_report_is_the_one_that_was_given(
    folder: Path, picture: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(picture.parent)
    with Cache(folder) as kept:
        reported([picture], kept)
        (report,) = check_many(["a.jpg"], model="videoretalk", level="decode", cache=kept)
    assert report.jobs[0].inputs["ref_image"].path == report.jobs[0].inputs["ref_image"].facts.path == "a.jpg"
    assert measured == ["a.jpg"]


def test_same_relative_path_in_another_folder_is_another_file(
    folder: Path, fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths = []
    with Cache(folder) as kept:
        for name in ("portrait.jpg", "full-body.jpg"):
            (tmp_path / name).mkdir()
            settled(shutil.copy(fixtures / name, tmp_path / name / "a.jpg"))
            monkeypatch.chdir(tmp_path / name)
            (report,) = check_many(["a.jpg"], model="videoretalk", level="decode", cache=kept)
            widths.append(report.jobs[0].inputs["ref_image"].facts.height)
    assert widths == [probe(fixtures / "portrait.jpg").height, probe(fixtures / "full-body.jpg").height]
    assert widths[0] != widths[1]


def test_names_that_are_no_utf8(folder: Path, picture: Path, measured: list[str]) -> None:
    odd = settled(picture.rename(os.fsdecode(os.fsencode(picture.parent) + b"/\xff\n.jpg")))
    with Cache(folder) as kept:
        first = reported([odd], kept)
        assert reported([odd], kept) == first
    assert len(measured) == 1


# --- what is not remembered ------------------------------------------------------------------------------------------


def _rewritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    os.utime(path, (LONG_AGO + 1, LONG_AGO + 1))


def _longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    settled(path)


def _replaced(path: Path) -> None:
    """By another file of the same size and time."""
    copy = path.with_name("copy")
    settled(shutil.copy(path, copy))
    copy.replace(path)


@pytest.mark.parametrize("change", [_rewritten, _longer, _replaced])
def test_changed_file_is_measured_anew(folder: Path, picture: Path, measured: list[str], change: Callable[[Path], None]) -> None:
    with Cache(folder) as kept:
        reported([picture], kept)
        change(picture)
        assert reported([picture], kept) == reported([picture], None)
        assert len(measured) == 3
        reported([picture], kept)
    assert len(measured) == 3


def test_other_versions_measure_anew(folder: Path, picture: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Cache(folder) as kept:
        reported([picture], kept)
    monkeypatch.setattr(cache, "__version__", "999")
    with Cache(folder) as kept:
        reported([picture], kept)
        reported([picture], kept)
    assert len(measured) == 2


def test_versions_name_every_library_that_measures() -> None:
    versions = cache._versions().lower()
    for library in ("av", "mediapipe", "mutagen", "numpy", "opencv_contrib_python", "pi_heif", "pillow", "simplejpeg"):
        assert f"\n{library}-" in versions
    assert "blaze_face" in versions


def test_file_written_just_now_is_not_remembered(folder: Path, picture: Path, measured: list[str]) -> None:
    """It may be written again within the tick of the file system's clock."""
    picture.touch()
    with Cache(folder) as kept:
        reported([picture], kept)
        os.utime(picture, (time.time() + 3600,) * 2)
        reported([picture], kept)
        reported([picture], kept)
    assert len(measured) == 3


def test_file_that_changes_while_it_is_read_is_not_remembered(folder: Path, picture: Path, role: Role) -> None:
    with Cache(folder) as kept:
        stamp, found = kept.recall(str(picture), role, "decode")
        assert stamp is not None
        assert found is None
        facts = probe(picture)
        _longer(picture)
        kept.remember(str(picture), stamp, role, "decode", facts, None)
        _, found = kept.recall(str(picture), role, "decode")
    assert found is None


def test_what_could_not_be_measured_is_tried_again(folder: Path, picture: Path, measured: list[str], monkeypatch) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "simplejpeg", None)
        with Cache(folder) as kept:
            assert "FILE012" in reported([picture], kept)[0]
    with Cache(folder) as kept:
        assert "FILE012" not in reported([picture], kept)[0]
    assert len(measured) == 2


def test_headers_of_pictures_are_read_faster_than_a_cache(folder: Path, picture: Path) -> None:
    with Cache(folder) as kept:
        reported([picture], kept, "metadata")
        assert not kept.path.exists()


def test_without_a_cache_nothing_is_written(folder: Path, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(folder))
    reported([picture], None)
    assert not folder.exists()


# --- trouble ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 1000, None])
def test_broken_file_is_made_anew(folder: Path, picture: Path, measured: list[str], damage: bytes | None) -> None:
    with Cache(folder) as kept:
        first = reported([picture] * 2, kept)
    data = bytearray(kept.path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    kept.path.write_bytes(data if damage is None else damage)
    for _ in range(2):
        with Cache(folder) as kept:
            assert reported([picture] * 2, kept) == first
    measured.clear()
    with Cache(folder) as kept:
        assert reported([picture] * 2, kept) == first
    assert measured == []


def test_damaged_entry_is_measured_anew(folder: Path, picture: Path, measured: list[str]) -> None:
    with Cache(folder) as kept:
        first = reported([picture], kept)
    connection = sqlite3.connect(kept.path)
    with connection:
        connection.execute("UPDATE measured SET data = x'93'")
    connection.close()
    for _ in range(2):
        with Cache(folder) as kept:
            assert reported([picture], kept) == first
    assert len(measured) == 2


def test_file_of_another_shape_is_made_anew(folder: Path, picture: Path, measured: list[str]) -> None:
    folder.mkdir()
    connection = sqlite3.connect(Cache(folder).path)
    with connection:
        connection.execute("CREATE TABLE measured (other)")
    connection.close()
    for _ in range(3):
        with Cache(folder) as kept:
            reported([picture], kept)
    assert len(measured) == 2


def test_locked_file_is_left_alone(folder: Path, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_PATIENCE_S", 0.05)
    with Cache(folder) as kept:
        first = reported([picture], kept)
    other = sqlite3.connect(kept.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        settled(shutil.copy(picture, picture.with_name("b.jpg")))
        with Cache(folder) as kept:
            assert reported([picture], kept) == first
            assert reported([picture.with_name("b.jpg")], kept) == reported([picture.with_name("b.jpg")], None)
            assert reported([picture], kept) == first
    finally:
        other.close()
    assert rows(kept) == 1


@pytest.mark.parametrize("place", ["file", "dangling link", "file below a file"])
def test_folder_that_cannot_be_made(place: str, picture: Path, tmp_path: Path, measured: list[str]) -> None:
    folder = tmp_path / "cache"
    if place == "file":
        folder.write_text("mine")
    elif place == "dangling link":
        folder.symlink_to(tmp_path / "nowhere" / "at all")
    else:
        (tmp_path / "file").write_text("mine")
        folder = tmp_path / "file" / "cache"
    with Cache(folder) as kept:
        assert reported([picture], kept) == reported([picture], kept)
    assert place == "dangling link" or len(measured) == 2


def test_abandoned_run_keeps_what_it_measured(folder: Path, picture: Path, measured: list[str]) -> None:
    with Cache(folder) as kept:
        reports = check_many([picture] * 10, model="videoretalk", level="decode", cache=kept)
        next(reports)
        next(reports)
        reports.close()
        assert rows(kept) == 1


def test_file_is_the_users_own(folder: Path, picture: Path) -> None:
    with Cache(folder) as kept:
        reported([picture], kept)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


# --- several at once -------------------------------------------------------------------------------------------------


def test_many_threads_may_use_one_cache(folder: Path, picture: Path) -> None:
    paths = [settled(shutil.copy(picture, picture.with_name(f"{number}.jpg"))) for number in range(8)]
    expected = reported(paths, None)
    results: list[list[str]] = []
    with Cache(folder) as kept:
        threads = [threading.Thread(target=lambda: results.append(reported(paths, kept))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [expected] * 8
    assert rows(kept) == 8


@pytest.mark.sweep
def test_many_processes_may_use_one_file(folder: Path, picture: Path) -> None:
    paths = [settled(shutil.copy(picture, picture.with_name(f"{number}.jpg"))) for number in range(8)]
    code = f"from mediapreflight import Cache, check_many\nwith Cache({str(folder)!r}) as kept:\n"
    code += (
        f"    for r in check_many({list(map(str, paths))!r}, model='videoretalk', level='decode', cache=kept): print(r.to_json())"
    )
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: run_python("-c", code).splitlines(), range(4)))
    assert results == [reported(paths, None)] * 4
    assert rows(Cache(folder)) == 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_cache_survives_a_fork(folder: Path, picture: Path) -> None:
    other = settled(shutil.copy(picture, picture.with_name("other.jpg")))
    with Cache(folder) as kept:
        first = reported([picture], kept)
        _inherited.append(kept)
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.apply(_reported_by_child, ([picture, other],))[0] == first[0]
        assert reported([picture], kept) == first
    _inherited.clear()
    assert rows(kept) == 2


def _reported_by_child(paths: list[Path]) -> list[str]:
    return reported(paths, _inherited[0])


_inherited: list[Cache] = []


@pytest.mark.sweep
def test_killed_run_leaves_a_file_that_works(folder: Path, picture: Path) -> None:
    paths = [settled(shutil.copy(picture, picture.with_name(f"{number}.jpg"))) for number in range(20)]
    code = f"import itertools\nfrom mediapreflight import Cache, check_many\nwith Cache({str(folder)!r}) as kept:\n"
    code += f"    for paths in itertools.repeat({list(map(str, paths))!r}):\n"
    code += "        for r in check_many(paths, model='videoretalk', level='decode', cache=kept): print('.', flush=True)\n"
    code += "        kept.clean()"
    for lines in (1, 7, 23, 60):
        running = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment())
        assert running.stdout is not None
        for _ in range(lines):
            running.stdout.readline()
        running.kill()
        running.communicate()
        with Cache(folder) as kept:
            assert reported(paths, kept) == reported(paths, None)
            assert rows(kept) == 20


# --- size, place, cleaning -------------------------------------------------------------------------------------------


def test_what_was_not_used_for_longest_makes_room(folder: Path, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [settled(shutil.copy(picture, picture.with_name(f"{number}.jpg"))) for number in range(12)]
    with Cache(folder) as kept:
        reported(paths, kept)
    connection = sqlite3.connect(kept.path)
    with connection:
        connection.execute("UPDATE measured SET day = day - 9")
    connection.close()
    with Cache(folder) as kept:
        reported(paths[:6], kept)
    assert rows(kept) == 12
    monkeypatch.setattr(cache, "MAX_BYTES", 1)
    with Cache(folder) as kept:
        reported([settled(shutil.copy(picture, picture.with_name("new.jpg")))], kept)
        assert rows(kept) == 13 - 13 // 4
    monkeypatch.setattr(cache, "MAX_BYTES", MAX_BYTES)
    kept, role = Cache(folder), Catalog().model("videoretalk").roles["ref_image"]
    found = [kept.recall(str(path), role, "decode")[1] is not None for path in paths]
    assert found[:6] == [True] * 6
    assert sum(found[6:]) == 3
    kept.close()


def test_clean(folder: Path, picture: Path, measured: list[str]) -> None:
    with Cache(folder) as kept:
        assert kept.clean() == 0
        reported([picture], kept)
        assert kept.clean() > 0
        assert list(folder.iterdir()) == []
        reported([picture], kept)
    assert len(measured) == 2


def test_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    assert Cache().path.parent == tmp_path
    assert Cache(tmp_path / "other").path.parent == tmp_path / "other"
    monkeypatch.delenv(ENVIRONMENT)
    assert Path(cache_folder()).name == "mediapreflight"


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(mediapreflight.__file__).parents[1])}


def run_python(*arguments: str) -> str:
    """What a program prints; it must end well and complain of nothing."""
    done = subprocess.run(
        [sys.executable, *arguments], env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
