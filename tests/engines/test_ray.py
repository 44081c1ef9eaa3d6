"""Checks on a Ray cluster of this machine. Its start takes several seconds: these tests run when `-m sweep` asks for them."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mediapreflight import Catalog, Job, UnknownModelError, UsageError, check, check_many
from mediapreflight.catalog import Model, builtin_catalog
from mediapreflight.cli import main
from mediapreflight.engines.ray import _Crew, check_jobs
from mediapreflight.ray import check_dataset, row_schema
from mediapreflight.rules import selection

from ..check.test_containment import LIBRARY
from ..store import Store

ray = pytest.importorskip("ray")
pytest.importorskip("ray.data")
pytestmark = [
    pytest.mark.sweep,
    # Ray warns of its own settings, and closes the files it logs to when Python ends.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"),
]

MEDIA = (
    "portrait.jpg",
    "dance.mp4",
    "voice.wav",
    "formats/cover-art.mp3",
    "formats/grey.png",
    "faults/truncated.jpg",
    "faults/truncated.mp4",
    "faults/zip-named-png.png",
    "faults/empty.jpg",
    "gone.jpg",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a picture decoder that hangs and dies on demand, which the cluster's processes find first."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "simplejpeg.py").write_text(LIBRARY)
    return folder


@pytest.fixture(scope="module", autouse=True)
def cluster(store_server: Store, library: Path) -> Iterator[None]:
    """Two CPUs. Its processes have the environment of the test's server of objects, which is therefore started first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "RAY_USAGE_STATS_ENABLED", "0")
        patch.setitem(os.environ, "PYTHONPATH", os.pathsep.join([str(library), os.environ.get("PYTHONPATH", "")]))
        ray.init(address="local", num_cpus=2, object_store_memory=100 * 2**20, include_dashboard=False, log_to_driver=False)
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield
        ray.shutdown()


def spoilt(fixtures: Path, folder: Path, end: str) -> Path:
    path = folder / f"{end}.jpg"
    path.write_bytes((fixtures / "portrait.jpg").read_bytes() + end.encode())
    return path


def dataset(paths, column: str = "path"):
    return ray.data.from_items([{column: None if path is None else str(path)} for path in paths])


def rows_of(checked) -> dict[str, dict]:
    return {row["path"]: row for row in checked.take_all()}


@pytest.mark.parametrize("level", ["metadata", "content"])
def test_rows_say_what_check_many_finds(fixtures: Path, store: Store, level) -> None:
    paths = [str(fixtures / name) for name in MEDIA]
    paths += [store.put(name, fixtures / name) for name in MEDIA if name != "gone.jpg"] + [
        "s3://media/gone.jpg",
        "s3://gone/x.jpg",
    ]
    rows = rows_of(check_dataset(dataset(paths), model="liveportrait", level=level))
    assert rows.keys() == set(paths)
    for path, report in zip(paths, check_many(paths, model="liveportrait", level=level), strict=True):
        row = rows[path]
        assert row["codes"] == list(dict.fromkeys(finding.code for finding in report.findings)), path
        assert row["ok"] == report.ok
        for name in ("errors", "unchecked", "warnings", "infos"):
            assert row[name] == getattr(report.summary, name)
        ((role, found),) = report.jobs[0].inputs.items()
        assert row["role"] == role
        for name in ("kind", "format", "bytes"):
            assert row[name] == getattr(found.facts, name)
        assert row["width"] == getattr(found.facts, "width", None)
        assert row["duration_s"] == getattr(found.facts, "duration_s", None)
        assert (row["message"] is None) == (not report.findings)


def test_columns_keep_their_types_where_all_is_null(tmp_path: Path) -> None:
    ds = dataset([None, "", tmp_path / "gone"], "where")
    checked = check_dataset(ds, model="emo-v1", role="image", path_column="where").materialize()
    for block in ray.get(checked.to_arrow_refs()):
        assert block.schema.equals(row_schema())
    rows = checked.take_all()
    assert [row["codes"] for row in rows] == [["FILE001"]] * 3
    assert not any(row["ok"] for row in rows)
    assert sorted(str(row["path"]) for row in rows) == [str(tmp_path / "gone"), "None", "None"]


def test_slow_and_deadly_files_are_rows_like_others(fixtures: Path, tmp_path: Path) -> None:
    good = fixtures / "portrait.jpg"
    hangs, kills = spoilt(fixtures, tmp_path, "HANG"), spoilt(fixtures, tmp_path, "CRASH")
    checked = check_dataset(dataset([good, hangs, kills, fixtures / "voice.wav"]), model="emo-v1", level="decode", time_limit_s=5)
    rows = rows_of(checked)
    assert {Path(path).name: row["codes"] for path, row in rows.items()} == {
        "portrait.jpg": [],
        "HANG.jpg": ["FILE012"],
        "CRASH.jpg": ["FILE012"],
        "voice.wav": [],
    }
    assert "it takes longer than 5 s" in rows[str(hangs)]["message"]
    assert "the process that reads it crashed" in rows[str(kills)]["message"]
    assert rows[str(hangs)]["unchecked"] == rows[str(kills)]["unchecked"] == 1


def test_own_models_and_relative_paths(fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.toml"
    own.write_text('id = "small"\nextends = "liveportrait"\n[sources.house]\npage = "ours"\ndate = "2026-11-01"\n')
    own.write_text(own.read_text() + '[roles.image.side]\ndocumented = "[16, 64]"\nsource = "house"\n')
    monkeypatch.chdir(fixtures)
    checked = check_dataset(dataset(["portrait.jpg"]), model="small", catalog=Catalog([own]), level="metadata", concurrency=1)
    assert [row["codes"] for row in checked.take_all()] == [["IMG006"]]


def test_what_cannot_be_meant_is_said_at_once() -> None:
    ds = dataset(["a.png"])
    with pytest.raises(UnknownModelError):
        check_dataset(ds, model="nope")
    with pytest.raises(UsageError, match="no input 'picture'"):
        check_dataset(ds, model="emo-v1", role="picture")
    with pytest.raises(UsageError, match="no column 'file'; its columns are path"):
        check_dataset(ds, model="emo-v1", path_column="file")
    with pytest.raises(UsageError, match="no level 'deep'"):
        check_dataset(ds, model="emo-v1", level="deep")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="several inputs for image files: say role="):
        check_dataset(ds, model="wan2.7-i2v")


def test_jobs_come_back_in_order_with_whole_reports(fixtures: Path, tmp_path: Path) -> None:
    pairs = [("portrait.jpg", "voice.wav"), ("faults/truncated.jpg", "voice.mp3"), ("portrait-3x4.jpg", "gone.wav")] * 15
    jobs = [Job("emo-v1", image=fixtures / image, audio=fixtures / audio) for image, audio in pairs]
    assert list(check_jobs(iter(jobs), level="metadata")) == list(check(jobs, level="metadata").jobs)


def test_actor_that_dies_is_replaced_and_its_work_done_again(fixtures: Path, spoilt_work) -> None:
    """As when a machine of the cluster goes down in the middle of it."""
    crew, work = spoilt_work
    with ThreadPoolExecutor(1) as elsewhere:
        reports = elsewhere.submit(crew.reports, work)
        time.sleep(1)
        ray.kill(crew._actors[0], no_restart=False)
        assert [report.ok for report in reports.result()] == [True, False, True]


def test_work_whose_actor_is_gone_for_good_is_unchecked(fixtures: Path, spoilt_work) -> None:
    crew, work = spoilt_work
    with ThreadPoolExecutor(1) as elsewhere:
        reports = elsewhere.submit(crew.reports, work)
        time.sleep(1)
        ray.kill(crew._actors[0])
        found = [finding for report in reports.result() for finding in report.findings]
    assert [(finding.code, finding.severity) for finding in found] == [("FILE012", "unchecked")] * 3
    assert "went down" in found[0].message


@pytest.fixture
def spoilt_work(fixtures: Path, tmp_path: Path) -> Iterator[tuple[_Crew, list[tuple[Job, Model]]]]:
    """One actor, and work that keeps it busy for four seconds."""
    crew = _Crew(ray, 1, "decode", selection(("ALL",), ()), 4)
    good = fixtures / "portrait.jpg"
    model = builtin_catalog().model("emo-v1")
    work = [(Job("emo-v1", whole=False, image=path), model) for path in (good, spoilt(fixtures, tmp_path, "HANG"), good)]
    # The actor is there, and has loaded what it needs.
    assert crew.reports(work[:1])[0].ok
    yield crew, work
    crew.dismiss()


def test_command_writes_the_report_it_writes_without_an_engine(
    fixtures: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("portrait.jpg", "voice.wav", "faults/truncated.jpg"):
        store.put(f"set/{name}", fixtures / name)
    targets = ["check", "--model", "liveportrait", "s3://media/set/", str(fixtures / "formats"), "--output-format", "json"]
    assert main([*targets, "--level", "decode", "--no-cache", "--workers", "1"]) == 1
    here = capsys.readouterr().out
    assert main([*targets, "--level", "decode", "--engine", "ray"]) == 1
    assert capsys.readouterr().out == here
    assert len(json.loads(here)["jobs"]) > 30
