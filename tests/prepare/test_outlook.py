from pathlib import Path

import pytest

from mediapreflight import Job, PrepareOptions, check, plan
from mediapreflight.catalog import builtin_catalog
from mediapreflight.findings import JobReport
from mediapreflight.prepare.outlook import Outlook, outlooks


def reported(job: Job, level: str = "decode") -> JobReport:
    (report,) = check(job, level=level).jobs
    return report


def looked_at(job: Job, level: str = "decode") -> dict[str, Outlook]:
    return outlooks(reported(job, level), builtin_catalog().model(job.model))


@pytest.mark.parametrize("level", ["decode", "content"])
def test_steps_are_those_that_prepare_plans(fixtures: Path, level: str) -> None:
    job = Job(
        "videoretalk",
        video=fixtures / "video/fps-75.mp4",
        audio=fixtures / "faults/false-length.mp3",
        parameters={"video_extension": True},
    )
    (planned,) = plan(job, options=PrepareOptions(), level=level)
    found = looked_at(job, level)
    assert {role: outlook.plan for role, outlook in found.items()} == dict(planned.files)
    assert found["video"].plan.steps


def test_rules_that_were_not_selected_count_all_the_same(fixtures: Path) -> None:
    job = Job("liveportrait", image=fixtures / "orientation/exif-6.jpg", audio=fixtures / "voice.wav")
    (report,) = check(job, level="decode", select=["VID"]).jobs
    assert report.findings == ()
    assert outlooks(report, builtin_catalog().model(job.model))["image"].plan.steps


def test_file_that_cannot_be_made_to_fit(fixtures: Path) -> None:
    found = looked_at(Job("liveportrait", image=fixtures / "faults/corrupt-scan.jpg", audio=fixtures / "voice.wav"))
    assert found["image"].plan is None
    assert "damaged" in found["image"].unfixable
    assert found["audio"].plan.steps == ()


def test_headers_alone_are_not_enough_for_lengths(fixtures: Path) -> None:
    found = looked_at(Job("liveportrait", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav"), "metadata")
    assert all("only headers were read" in outlook.unknown for outlook in found.values())


def test_addresses_have_no_plan(fixtures: Path) -> None:
    assert looked_at(Job("liveportrait", image=fixtures / "portrait.jpg", audio="https://a.b/c.mp3")).keys() == {"image"}
