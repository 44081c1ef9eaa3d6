from pathlib import Path

import pytest

from mediapreflight import Job, check

from ..people.content import PATH, body, face, judged, picture

NOT_SHOWN = {
    "code": "PAIR011",
    "name": "half-body-not-shown",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "measured": "head",
    "limit": "half, full",
    "unit": None,
    "service_code": "InvalidFile.FullBody",
    "fixable": False,
    "source": None,
}
HEAD = picture(face(), bodies=(body(framing="head"),))
THREE_BY_FOUR = {"parameters": {"ratio": "3:4"}}


def test_ratio_of_the_detect_call() -> None:
    assert judged("half-body-not-shown", "emo-detect-v1", HEAD, **THREE_BY_FOUR) == [NOT_SHOWN]
    assert judged("half-body-not-shown", "emo-detect-v1", HEAD, parameters={"ratio": "1:1"}) == []
    assert judged("half-body-not-shown", "emo-detect-v1", HEAD) == []


@pytest.mark.parametrize(
    ("box", "fires"), [([0, 0, 300, 400], True), ([0, 0, 400, 400], False), ([0, 0, 349, 400], True), ([0, 0, 350, 400], False)]
)
def test_ratio_of_the_given_box(box: list[int], fires: bool) -> None:
    """A box that is neither counts as the nearer of the two."""
    assert judged("half-body-not-shown", "emo-v1", HEAD, ext_bbox=box) == ([NOT_SHOWN] if fires else [])


@pytest.mark.parametrize("value", [None, "3:4", [0, 0, 3], [3, 4, 0, 0], [0, 0, 0, 0]])
def test_box_that_is_none(value: object) -> None:
    assert judged("half-body-not-shown", "emo-v1", HEAD, ext_bbox=value) == []


@pytest.mark.parametrize("framing", ["half", "full", "part"])
def test_framing_that_reaches_down_to_the_hips(framing: str) -> None:
    seen = picture(face(), bodies=(body(framing=framing),))
    assert judged("half-body-not-shown", "emo-detect-v1", seen, **THREE_BY_FOUR) == []


@pytest.mark.parametrize("seen", [picture(face()), picture(bodies=())])
def test_nobody_or_nobody_looked_for(seen) -> None:
    assert judged("half-body-not-shown", "emo-detect-v1", seen, **THREE_BY_FOUR) == []


def test_real_pictures(fixtures: Path) -> None:
    def found(name: str, model: str = "emo-detect-v1", **given: object) -> list[str]:
        job = Job(model, whole=False, image=fixtures / name, **given)
        return [finding.severity for finding in check(job, select=["PAIR011"]).findings]

    assert found("portrait.jpg", **THREE_BY_FOUR) == ["warning"]
    assert found("portrait.jpg") == []
    assert found("portrait.jpg", "emo-v1", ext_bbox=[100, 0, 460, 480]) == ["warning"]
    assert found("portrait.jpg", "emo-v1", ext_bbox=[100, 0, 460, 360]) == []
    assert found("half-body.jpg", **THREE_BY_FOUR) == []
