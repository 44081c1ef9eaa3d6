"""What decodes to sound that nobody recorded."""

import types
from pathlib import Path
from typing import Any

import av
import pytest

from mediapreflight.media.av.listening import garbled_sound
from mediapreflight.media.facts import Problem
from mediapreflight.media.probe import probe

from ..make import FIXTURES, PICTURE, MediaMaker, lavfi, patched

SPEECH = ("-i", FIXTURES / "voice.wav")
MP3 = ("-ar", "44100", "-c:a", "libmp3lame", "-b:a", "96k")
JUNK = bytes(range(7, 250, 4))
NUMBERS = range(10, 50, 5)


def damaged(path: Path, number: int) -> bytes:
    """The file with some bytes within a packet of its sound overwritten."""
    with av.open(str(path)) as container:
        packet = [bytes(packet) for packet in container.demux(audio=0) if packet.size][number]
    data = path.read_bytes()
    return patched(data, data.index(packet) + len(packet) // 3, JUNK)


@pytest.mark.parametrize(("name", "picture"), [("voice.mp3", ()), ("voice.avi", (*lavfi(PICTURE), "-c:v", "mpeg4"))])
def test_damage_within_frames_of_mp3_is_found_more_often_than_not(make: MediaMaker, name: str, picture: tuple[str, ...]) -> None:
    """Decoders play it without a word, but for one that is told to be strict; what happens to fit is not told from sound."""
    whole = make(name, *SPEECH, *picture, *MP3)
    assert probe(whole).problems == ()
    found = [probe(make.write(f"damaged-{name}", damaged(whole, number))).problem(Problem.CORRUPT) for number in NUMBERS]
    told = [problem for problem in found if problem]
    assert len(told) > len(NUMBERS) / 2, found
    assert all(problem.startswith("its sound is damaged in 1 place, at ") for problem in told)


@pytest.mark.parametrize(("places", "packets", "is_damage"), [(0, 136, False), (1, 136, True), (4, 136, False), (4, 4000, True)])
def test_what_is_wrong_in_many_frames_is_the_encoders_own(places: int, packets: int, is_damage: bool) -> None:
    """BladeEnc counts one frame in thirty wrong."""
    listener: Any = types.SimpleNamespace(garbled=places, garbled_at_s=0.5, sound=[None] * packets)
    assert (garbled_sound(listener) is not None) == is_damage
