"""Faults that are there are found, kept, and made small; and whatever a target does, the campaign goes on."""

from pathlib import Path

import pytest
from fuzz.campaign import Outcome, Slice

from fuzz import campaign

pytestmark = pytest.mark.sweep

MODULE = "tests.fuzz.planted"


REPLAYED = [("raises", "ValueError"), ("crashes", "exit status"), ("waits", "hang"), ("fine", "")]


def outcome_of(target: str, out: Path, *, inputs: int = 300, shrink: bool = True) -> Outcome:
    (outcome,) = campaign.run([Slice(target, 6.0, inputs, MODULE)], jobs=1, seed="planted", out=out, shrink=shrink)
    return outcome


def test_an_exception_is_found_and_its_input_made_small(tmp_path: Path) -> None:
    outcome = outcome_of("raises", tmp_path)
    (find,) = outcome.finds.values()
    (path,) = outcome.paths.values()
    assert (find.sort, outcome.inputs) == ("exception", 300)
    assert "ValueError" in find.signature
    assert path.read_bytes() == b"\xff\xff\xff"


@pytest.mark.parametrize(
    ("target", "sort"),
    [("crashes", "crash"), ("hangs", "hang"), pytest.param("waits", "hang", marks=pytest.mark.release), ("swells", "memory")],
)
def test_what_spoils_a_process_is_found_and_the_rest_goes_on(
    target: str, sort: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "_SHRINK_APART_S", 1.0)
    if sort == "hang":
        monkeypatch.setattr(campaign, "HANG_CPU_S", 0.5)
        monkeypatch.setattr(campaign, "HANG_S", 2.0)
    outcome = outcome_of(target, tmp_path, inputs=40, shrink=target == "crashes")
    assert {find.sort for find in outcome.finds.values()} == {sort}
    (path,) = outcome.paths.values()
    assert not path.read_bytes().startswith(b"mark")
    assert outcome.inputs > 1


def test_a_target_without_faults_has_no_finds(tmp_path: Path) -> None:
    outcome = outcome_of("fine", tmp_path)
    assert (outcome.inputs, outcome.finds) == (300, {})
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize(("target", "wrong"), REPLAYED)
def test_a_replay_says_what_is_wrong(target: str, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"\xff" * 3)
    said = campaign.replay(target, [path], module=MODULE, timeout_s=5.0)
    assert wrong in said
    assert bool(said) is bool(wrong)
