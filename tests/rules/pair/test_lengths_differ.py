from pathlib import Path

import pytest

DIFFER = {
    "code": "PAIR001",
    "name": "lengths-differ",
    "severity": "warning",
    "unit": "s",
    "limit": None,
    "service_code": None,
    "fixable": False,
    "source": "videoretalk-api, en, undated",
}


def test_voice_longer_than_the_video(found, said, fixtures: Path) -> None:
    video, audio = fixtures / "dance.mp4", fixtures / "voice.wav"
    expected = DIFFER | {"role": "audio", "path": str(audio), "measured": pytest.approx(3.96, abs=0.01)}
    assert found("lengths-differ", "videoretalk", video=video, audio=audio) == [expected]
    (words,) = said("lengths-differ", "videoretalk", video=video, audio=audio)
    assert "cuts off the rest of the audio" in words
    assert "video_extension=true" in words


def test_video_longer_than_the_voice(found, said, fixtures: Path) -> None:
    video, audio = fixtures / "talking-head.mp4", fixtures / "formats/pcm-s16.wav"
    expected = DIFFER | {"role": "video", "path": str(video), "measured": pytest.approx(3.96, abs=0.01)}
    assert found("lengths-differ", "videoretalk", video=video, audio=audio) == [expected]
    (words,) = said("lengths-differ", "videoretalk", video=video, audio=audio)
    assert "cuts off the rest of the video" in words
    assert "video_extension" not in words


def test_headers_are_enough(found, fixtures: Path) -> None:
    given = {"video": fixtures / "dance.mp4", "audio": fixtures / "voice.wav"}
    assert [finding["role"] for finding in found("lengths-differ", "videoretalk", level="metadata", **given)] == ["audio"]


def test_extension_asked_for(found, fixtures: Path) -> None:
    given = {"video": fixtures / "dance.mp4", "audio": fixtures / "voice.wav"}
    assert found("lengths-differ", "videoretalk", parameters={"video_extension": True}, **given) == []
    assert len(found("lengths-differ", "videoretalk", parameters={"video_extension": False}, **given)) == 1


def test_equal_lengths(found, fixtures: Path) -> None:
    for voice in ("voice.wav", "voice.mp3", "voice.aac"):
        assert found("lengths-differ", "videoretalk", video=fixtures / "talking-head.mp4", audio=fixtures / voice) == []


@pytest.mark.parametrize(("samples", "fires"), [(25_360, True), (25_200, False), (22_800, False), (22_640, True)])
def test_tolerance_of_a_tenth_of_a_second_and_two_hundredths(found, make, fixtures: Path, samples: int, fires: bool) -> None:
    """Beside 3 s of video stand 3.17, 3.15, 2.85 and 2.83 s of sound."""
    given = {"video": fixtures / "dance.mp4", "audio": make.sound(samples)}
    assert bool(found("lengths-differ", "videoretalk", **given)) is fires


def test_one_file_alone_and_unmeasured_files(found, fixtures: Path) -> None:
    assert found("lengths-differ", "videoretalk", video=fixtures / "dance.mp4") == []
    assert found("lengths-differ", "videoretalk", video=fixtures / "dance.mp4", audio="https://a.b/c.mp3") == []
    assert found("lengths-differ", "videoretalk", video=fixtures / "dance.mp4", audio=fixtures / "faults/empty.jpg") == []


def test_models_whose_lengths_need_not_agree(found, fixtures: Path) -> None:
    assert found("lengths-differ", "wan2.2-s2v", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav") == []
