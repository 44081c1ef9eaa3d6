"""The command line in an answer, for values that the tests of the server do not have."""

import shlex

from mediapreflight import Job
from mediapreflight.agents.answers import command
from mediapreflight.catalog import builtin_catalog
from mediapreflight.job import with_values

STORYBOARD = "kling/kling-v3-omni-video-generation"


def test_lists_of_records_are_written_as_they_are_read() -> None:
    model = builtin_catalog().model(STORYBOARD)
    shots = [{"index": 1, "prompt": "she says 'hi', and waves", "duration": 3}, {"index": 2, "prompt": "风", "duration": 2}]
    line = command("check", Job(STORYBOARD, multi_prompt=shots), model)
    assert line is not None
    name, _, text = shlex.split(line)[-1].partition("=")
    assert with_values(Job(STORYBOARD), {name: text}).inputs == {"multi_prompt": shots}
