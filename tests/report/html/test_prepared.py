import re
from pathlib import Path

import pytest

from mediapreflight import Job, prepare_jobs
from mediapreflight.cli.pages import prepared_page
from mediapreflight.report.html import prepared


@pytest.fixture(scope="module")
def records(fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> list:
    out = tmp_path_factory.mktemp("ready")
    jobs = [
        Job("liveportrait", image=fixtures / "orientation/exif-6.jpg", audio=fixtures / "voice.wav"),
        Job("liveportrait", image=fixtures / "faults/corrupt-scan.jpg", audio=fixtures / "voice.wav"),
    ]
    return [result.record for result in prepare_jobs(jobs, out=out, level="decode")]


@pytest.fixture
def shown(records: list):
    from .conftest import Page

    return Page("".join(prepared_page(records, None)))


def test_before_and_after_stand_side_by_side(shown) -> None:
    said = re.sub(r"\s+", " ", shown.text)
    assert "1 of 2 jobs ready" in said
    assert len(shown.named("div", class_="side")) == 2 * 3
    assert "bake-orientation" in said
    assert "Orientation EXIF 6" in said


def test_facts_that_changed_are_marked(shown) -> None:
    changed = shown.named("div", class_="changed")
    assert changed
    assert len(changed) < len(shown.named("dt"))


def test_file_that_fits_says_so(shown) -> None:
    assert "None: it already fits, and is not changed." in shown.text


def test_job_that_could_not_be_prepared_says_why(shown, records: list) -> None:
    assert records[1].error
    assert records[1].error in shown.text
    (second,) = shown.named("article", id="job-2")
    assert "error" in second.attributes["class"].split()


def test_rules_that_steps_name_are_explained(shown) -> None:
    assert "rule-IMG008" in [each.attributes["id"] for each in shown.named("details", class_="help")]


def test_pictures_stop_where_a_page_would_grow_too_large(records: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST_PAIRS", 0)
    text = "".join(prepared_page(records, None))
    assert "<img" not in text
    assert "3 more are listed without" in text


def test_nothing_prepared() -> None:
    assert "Nothing was prepared" in "".join(prepared_page([], None))
