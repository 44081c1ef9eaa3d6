"""The command line in an answer, for values that the tests of the server do not have."""

import shlex

from mediapreflight import Finding, Job
from mediapreflight.agents.answers import command, found
from mediapreflight.catalog import builtin_catalog
from mediapreflight.job import with_values

STORYBOARD = "kling/kling-v3-omni-video-generation"


def test_advice_names_tools_and_their_arguments() -> None:
    help = "`prepare --crop-to-boxes` crops to the largest; `mediapreflight prepare --loudness -16`; `mediapreflight faces`"
    finding = Finding(code="A", name="a", severity="error", message="", role=None, path=None, help=help)
    (said,) = found([finding])
    assert said.help == "`prepare(crop_to_boxes=true)` crops to the largest; `prepare(loudness=-16)`; `faces`"


def test_lists_of_records_are_written_as_they_are_read() -> None:
    model = builtin_catalog().model(STORYBOARD)
    shots = [{"index": 1, "prompt": "she says 'hi', and waves", "duration": 3}, {"index": 2, "prompt": "风", "duration": 2}]
    line = command("check", Job(STORYBOARD, multi_prompt=shots), model)
    assert line is not None
    name, _, text = shlex.split(line)[-1].partition("=")
    assert with_values(Job(STORYBOARD), {name: text}).inputs == {"multi_prompt": shots}
