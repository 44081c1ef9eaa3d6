import pytest

from mediapreflight.report.places import below, file_of


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.png", "a.png"),
        ("./b/../a.png", "a.png"),
        ("/project/all/b/a.png", "b/a.png"),
        ("../a.png", None),
        ("/elsewhere/a.png", None),
        ("/project/allowed.png", None),
        ("b/", "b"),
    ],
)
def test_paths_below_a_root(path: str, expected: str | None) -> None:
    assert below("/project/all", path) == expected


def test_finding_about_no_file_is_shown_at_the_first_local_file(job, finding) -> None:
    lost = finding(path=None, role=None)
    assert file_of(job(lost), lost) == "p.png"


def test_finding_about_a_url_is_shown_at_the_first_local_file(job, finding) -> None:
    remote = finding(path="https://a.b/c.mp3", role="audio")
    assert file_of(job(remote), remote) == "p.png"


def test_job_without_files(job, finding) -> None:
    lost = finding(path=None, role=None)
    assert file_of(job(lost, path="https://a.b/c.png"), lost) is None
