"""Files that are taken apart and put together are what they were; mutations are many, and the same for the same seed."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.structure import EBML, JPEG, Node, syntax_of
from fuzz.targets import TARGETS

from fuzz import mutate, seeds
from mediapreflight.media.probe import probe

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
STRUCTURED = ["jpg", "png", "webp", "wav", "avi", "mp4", "mov", "m4a", "avif", "jp2", "aiff", "ogg", "opus"]


WITH_PARTS = sorted(path for path in (FIXTURES / "formats").iterdir() if path.suffix[1:] in STRUCTURED)


@pytest.mark.every("path", WITH_PARTS)
def test_parts_put_together_are_the_file(path: Path) -> None:
    data = path.read_bytes()
    syntax = syntax_of(data)
    assert syntax is not None
    assert syntax.build(syntax.parse(data)) == data


@pytest.mark.parametrize("name", ["vp9.webm", "h264.mkv"])
def test_matroska_keeps_its_meaning_with_wider_lengths(name: str, tmp_path: Path) -> None:
    data = (FIXTURES / "formats" / name).read_bytes()
    nodes = EBML.parse(data)
    assert len([node for top in nodes for node in top.all()]) > 20
    path = tmp_path / name
    path.write_bytes(EBML.build(nodes))
    before, after = probe(FIXTURES / "formats" / name), probe(path)
    assert (after.kind, after.problems) == (before.kind, ())
    assert after.duration_s == before.duration_s  # type: ignore[union-attr]


def test_a_length_can_be_a_lie() -> None:
    assert JPEG.build([Node(b"\xff\xe1", b"abc", lie=9)]) == b"\xff\xe1\x00\x09abc"


@pytest.mark.every("target", sorted(TARGETS))
def test_mutations_are_many_and_the_same_for_the_same_seed(target: str) -> None:
    corpus = TARGETS[target].seeds()
    assert corpus
    assert all(corpus)

    def mutants(seed: str) -> list[bytes]:
        rng = random.Random(seed)
        return [TARGETS[target].mutate(rng.choice(corpus), rng, corpus) for _ in range(60)]

    first = mutants("a")
    assert first == mutants("a")
    assert len(set(first)) > 40
    assert set(first) != set(mutants("b"))
    assert max(map(len, first)) <= 2 * mutate.MAX_BYTES


@pytest.mark.sweep
def test_seeds_are_the_same_in_every_process_and_at_every_time() -> None:
    script = """
import hashlib
from fuzz.targets import TARGETS
for name, target in TARGETS.items():
    for number, seed in enumerate(target.seeds()):
        print(name, number, hashlib.sha256(seed).hexdigest())
"""
    # One after the other: dates that writers put into files have had time to change.
    first, second = (
        subprocess.run([sys.executable, "-c", script], cwd=seeds.ROOT, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert len(first.splitlines()) > 300
    assert first == second


def test_broken_json_still_mutates() -> None:
    rng = random.Random("json")
    assert mutate.json_lines(b"{", rng, [b"{"]) is not None
    good = json.dumps({"a": [1, {"b": None}]}).encode()
    assert len({mutate.json_lines(good, rng, [good]) for _ in range(100)}) > 50


def test_every_folder_of_fixtures_is_in_the_corpus() -> None:
    assert len(seeds.all_media()) > 120
