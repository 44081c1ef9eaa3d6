"""What the rules over bodies say where several people are shown. Which of them is meant is not known."""

from typing import Any

import pytest

from .content import body, findings, judged, picture, video

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("body-not-shown", {"framing": "head"}),
    ("person-turned-away", {"facing": "back"}),
    ("person-sitting", {"posture": "sitting"}),
    ("hands-hidden", {"hands_in_picture": False}),
    ("half-body-without-background", {"framing": "half"}),
]


@pytest.mark.parametrize(("rule", "fault"), FAULTS)
def test_one_of_them_is_shown_as_needed(rule: str, fault: dict[str, Any]) -> None:
    assert judged(rule, "animate-anyone-gen2", picture(bodies=(body(**fault), body()))) == []
    assert judged(rule, "animate-anyone-gen2", picture(bodies=(body(), body(**fault)))) == []
    assert judged(rule, "animate-anyone-template-gen2", video((), bodies=((body(**fault), body()),))) == []


@pytest.mark.parametrize(("rule", "fault"), FAULTS)
def test_none_of_them_is(rule: str, fault: dict[str, Any]) -> None:
    assert len(judged(rule, "animate-anyone-gen2", picture(bodies=(body(**fault), body(**fault))))) == 1


@pytest.mark.parametrize(("rule", "fault"), FAULTS[1:])
def test_somebody_of_whom_too_little_is_shown_is_not_meant(rule: str, fault: dict[str, Any]) -> None:
    seen = picture(bodies=(body(framing="head"), body(**fault)))
    assert len(judged(rule, "animate-anyone-gen2", seen)) == 1


def test_the_largest_gives_the_words() -> None:
    (finding,) = findings("body-not-shown", "animate-anyone-gen2", picture(bodies=(body(framing="part"), body(framing="head"))))
    assert finding.measured == "part"
