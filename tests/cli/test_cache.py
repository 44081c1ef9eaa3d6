import json
import os
import shutil
from pathlib import Path

import pytest

from mediapreflight.check.cache import ENVIRONMENT, FILE_NAME

LONG_AGO = 1_600_000_000


@pytest.fixture
def media(fixtures: Path, tmp_path: Path) -> Path:
    """Files that did not change for long: good ones, bad ones, one of each kind."""
    folder = tmp_path / "media"
    folder.mkdir()
    for name in ("portrait.jpg", "voice.mp3", "dance.mp4", "faults/corrupt-scan.jpg", "faults/png-named-jpg.jpg"):
        path = shutil.copy(fixtures / name, folder)
        os.utime(path, (LONG_AGO, LONG_AGO))
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "cache"))
    return tmp_path / "cache" / FILE_NAME


def test_report_is_the_same_cold_and_warm_and_without(check, media: Path, cache: Path) -> None:
    arguments = ("videoretalk", media, "--output-format", "json")
    alone = check(*arguments, "--no-cache", level="decode")
    assert not cache.exists()
    for workers in ("1", "2", "8"):
        assert check(*arguments, "--workers", workers, level="decode") == alone
        assert check(*arguments, "--workers", workers, level="decode") == alone
        cache.unlink()
    assert len(json.loads(alone.out)["jobs"]) == 5


def test_path_and_clean(run, check, media: Path, cache: Path) -> None:
    assert run("cache", "path").out == f"{cache}\n"
    assert run("cache", "clean").out == f"{cache}: nothing was cached\n"
    check("videoretalk", media, level="decode")
    size = cache.stat().st_size
    result = run("cache", "clean")
    assert result == (0, f"{cache}: {size:,} bytes freed\n", "")
    assert not cache.exists()


def test_cache_that_cannot_be_used_is_no_fault(check, media: Path, cache: Path) -> None:
    cache.parent.write_text("a file where a folder should be")
    without = check("videoretalk", media, "--no-cache", level="decode")
    assert check("videoretalk", media, level="decode") == without


def test_cache_that_cannot_be_deleted(refused, cache: Path) -> None:
    cache.mkdir(parents=True)
    assert refused("cache", "clean").startswith(f"{cache}: cannot be deleted: ")


def test_action_must_be_known(refused) -> None:
    assert "choose from 'clean', 'path'" in refused("cache", "burn")
    assert "action" in refused("cache")
