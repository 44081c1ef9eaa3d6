import json

import pytest

from mediapreflight.schemas import SCHEMAS


@pytest.mark.parametrize("name", SCHEMAS)
def test_prints_the_schema(run, name: str) -> None:
    result = run("schema", name)
    assert (result.status, result.err) == (0, "")
    assert json.loads(result.out) == json.loads(json.dumps(SCHEMAS[name]()))


def test_unknown(refused) -> None:
    message = refused("schema", "repport")
    assert all(repr(name) in message for name in SCHEMAS)
    assert ",".join(SCHEMAS) in refused("schema")
