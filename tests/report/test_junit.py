from pathlib import Path
from xml.etree import ElementTree

import junitparser
import pytest
import xmlschema

from mediapreflight import JobReport
from mediapreflight.report.junit import render
from mediapreflight.report.style import Style
from mediapreflight.text import plain

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit.xsd"))


def suites(*jobs: JobReport) -> list[junitparser.TestSuite]:
    """The suites as a common reader sees them, of a document that the schema accepts."""
    said = "".join(render(jobs, Style(color=True)))
    SCHEMA.validate(ElementTree.fromstring(said))
    return list(junitparser.JUnitXml.fromstring(said.encode()))


def test_suite_a_job_and_case_a_file(job, finding) -> None:
    first, second = suites(job(finding()), job(model="emo-v1"))
    assert [(case.classname, case.name) for case in first] == [
        ("liveportrait.image", "p.png"),
        ("liveportrait.audio", "https://a.b/c.mp3"),
    ]
    assert (first.name, first.tests, first.failures, first.errors) == ("liveportrait", 2, 1, 0)
    assert (second.name, second.tests, second.failures, second.errors) == ("emo-v1", 2, 0, 0)


def test_error_is_a_failure_with_all_of_its_kind(job, finding) -> None:
    (suite,) = suites(job(finding(), finding(code="IMG005", name="image-side-too-short", message="too short")))
    picture, _ = suite
    (failure,) = picture.result
    assert isinstance(failure, junitparser.Failure)
    assert failure.type == "IMG006 image-side-too-long"
    assert failure.message == "IMG006 image-side-too-long: longest side is 5000 px; liveportrait takes up to 4096 px"
    assert [line.split(":")[0] for line in failure.text.splitlines()] == [
        "error IMG006 image-side-too-long",
        "error IMG005 image-side-too-short",
    ]


def test_what_could_not_be_checked_is_an_error(job, finding) -> None:
    (suite,) = suites(job(finding("unchecked"), finding("error")))
    assert (suite.failures, suite.errors) == (1, 1)
    picture, _ = suite
    assert [type(each) for each in picture.result] == [junitparser.Error, junitparser.Failure]


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_what_stops_nothing_is_said_and_fails_nothing(job, finding, severity: str) -> None:
    (suite,) = suites(job(finding(severity)))
    picture, _ = suite
    assert not picture.result
    assert picture.system_out.startswith(f"{severity} IMG006 ")
    assert (suite.failures, suite.errors) == (0, 0)


def test_finding_about_no_input_has_a_case_of_its_own(job, finding) -> None:
    (suite,) = suites(job(finding(path=None, role=None), finding(path=None, role="ref_image")))
    request = list(suite)[-1]
    assert (request.name, request.classname) == ("request", "liveportrait.request")
    assert len(request.result[0].text.splitlines()) == 2


def test_job_without_inputs_is_still_a_case() -> None:
    (suite,) = suites(JobReport(model="emo-v1", ok=True, parameters={}, fields={}, inputs={}, findings=()))
    assert suite.tests == 1


def test_no_jobs() -> None:
    assert suites() == []


def test_hostile_names_make_a_valid_document(nasty_job) -> None:
    (suite,) = suites(nasty_job)
    picture, _ = suite
    assert picture.name == plain(nasty_job.findings[0].path)
    assert picture.name in picture.result[0].message


def test_characters_that_no_xml_may_hold_are_written_out(job, finding) -> None:
    controls = "".join(map(chr, [*range(32), 0x7F, *range(0x80, 0xA0), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF]))
    (suite,) = suites(job(finding(message=f"<{controls}&]]>"), path=controls))
    picture, _ = suite
    assert picture.name == plain(controls)
    assert f"<{plain(controls)}&]]>" in picture.result[0].message
