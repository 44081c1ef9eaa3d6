"""Reports with every severity, and with names nobody should have to print."""

import pytest

from mediapreflight import AudioFacts, Finding, ImageFacts, InputReport, JobReport, VideoFacts
from mediapreflight.findings import FAILING

# New lines, terminal escapes, quotes, percent signs, the marks of GitHub's commands, direction overrides, other controls.
NASTY = (
    "line\nbreak\r\n.png",
    "\x1b[31mred\x1b]0;title\x07.png",
    "quo\"te'`.png",
    "100%25%0A::error file=x,title=y::z.png",
    "a,b:c;d=e.png",
    "gnp.\u202eexe",
    "zero\u200bwidth\u2028line\u2029.png",
    "c1\x9b31m\x85.png",
    "tab\tnull\x00.png",
    "bytes \\xff.png",
    "汉字 🙂.png",
)


def build_job(*findings: Finding, path: str = "p.png", model: str = "liveportrait") -> JobReport:
    inputs = {
        "image": InputReport(path=path, facts=ImageFacts(path=path, format="png", bytes=63657, width=640, height=480)),
        "audio": InputReport(path="https://a.b/c.mp3"),
    }
    ok = not any(finding.severity in FAILING for finding in findings)
    return JobReport(model=model, ok=ok, parameters={}, fields={}, inputs=inputs, findings=findings)


def build_finding(severity: str = "error", **changes: object) -> Finding:
    values = {
        "code": "IMG006",
        "name": "image-side-too-long",
        "role": "image",
        "path": "p.png",
        "message": "longest side is 5000 px; liveportrait takes up to 4096 px",
        "measured": 5000,
        "limit": "<= 4096",
        "unit": "px",
        "service_code": "InvalidImage.ImageSize",
        "help": "scale it down",
        "source": "liveportrait-api, 2026-03-15",
    }
    return Finding(severity=severity, **(values | changes))


@pytest.fixture(scope="session")
def finding():
    """`finding("warning", path=…)`: a finding that differs from a usual one in what is named."""
    return build_finding


@pytest.fixture(scope="session")
def job():
    """`job(finding, …, path=…)`: a job of one picture and one URL, with these findings."""
    return build_job


@pytest.fixture(params=NASTY, ids=ascii)
def nasty_job(request: pytest.FixtureRequest) -> JobReport:
    """One finding in a file of a hostile name, whose text repeats that name."""
    name = request.param
    return build_job(build_finding(path=name, message=f"the name is {name}", help=f"rename {name}", measured=name), path=name)


@pytest.fixture(scope="session")
def video_and_audio() -> JobReport:
    video = VideoFacts(
        path="v.mp4", format="mp4", bytes=2_500_000, width=1280, height=720, video_codec="h264", fps=29.97002997, duration_s=3.96
    )
    audio = AudioFacts(path="a.wav", format="wav", bytes=900, sample_rate=16000, stated_duration_s=4.0)
    inputs = {"video": InputReport(path="v.mp4", facts=video), "audio": InputReport(path="a.wav", facts=audio)}
    findings = (build_finding(role="video", path="v.mp4"), build_finding(role="audio", path="a.wav"))
    return JobReport(model="videoretalk", ok=False, parameters={}, fields={}, inputs=inputs, findings=findings)
