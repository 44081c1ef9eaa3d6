"""Frames of real clips: how many, when, and which way up."""

import av
import numpy as np
import pytest

from mediapreflight.errors import UnreadableMediaError
from mediapreflight.media.av.frames import sample_frames
from mediapreflight.media.probe import probe

from ..make import ffmpeg

FPS = 10


def write_clip(path, seconds, keyframe_every, codec="libx264", size=(64, 48)):
    """Each frame is one grey, brighter by one from frame to frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            codec, rate=FPS, options={"g": str(keyframe_every), "keyint_min": "1", "sc_threshold": "0", "crf": "5"}
        )
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(seconds * FPS):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), number % 256, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shades(frames):
    return [float(frame.picture.rgb.mean()) for frame in frames]


@pytest.fixture(scope="module")
def with_keyframes(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "keyframes.mp4", 20, 5)


@pytest.fixture(scope="module")
def with_one_keyframe(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "single.mp4", 20, 1000)


@pytest.mark.parametrize("clip", ["with_keyframes", "with_one_keyframe"])
def test_the_first_frame_and_others_evenly_spread(clip, request):
    frames = sample_frames(request.getfixturevalue(clip), 8, 1000)
    assert len(frames) == 8
    assert frames[0].time_s == 0
    # Every 2.5 s; a keyframe lies up to half a second before, a frame that others build on a few frames after.
    assert [frame.time_s for frame in frames] == pytest.approx([2.5 * number for number in range(8)], abs=0.5)
    assert shades(frames) == pytest.approx([frame.time_s * FPS for frame in frames], abs=3)


def test_one_frame_is_the_first(with_keyframes):
    (frame,) = sample_frames(with_keyframes, 1, 1000)
    assert frame.time_s == 0
    assert shades([frame]) == pytest.approx([0], abs=3)


def test_no_more_frames_than_there_are(tmp_path):
    frames = sample_frames(write_clip(tmp_path / "short.mp4", 1, 1), 50, 1000)
    assert [frame.time_s for frame in frames] == pytest.approx([number / FPS for number in range(10)])


def test_frames_are_no_larger_than_asked_for(fixtures):
    frame = sample_frames(fixtures / "talking-head.mp4", 1, 200)[0].picture
    assert frame.rgb.shape == (200, 200, 3)
    assert (frame.width, frame.height) == (640, 640)
    assert sample_frames(fixtures / "talking-head.mp4", 1, 640)[0].picture.rgb.shape == (640, 640, 3)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_is_applied(fixtures, rotation):
    upright = sample_frames(fixtures / "formats" / "h264.mp4", 1, 1000)[0].picture
    path = fixtures / "orientation" / f"rotation-{rotation}.mp4"
    turned, facts = sample_frames(path, 1, 1000)[0].picture, probe(path)
    assert (turned.width, turned.height) == (facts.width, facts.height)
    assert turned.rgb.shape == upright.rgb.shape
    apart = np.abs(turned.rgb.astype(int) - upright.rgb).mean()
    assert apart < 12


def test_a_broadcast_that_cannot_be_entered_at_its_keyframes(tmp_path):
    clip = write_clip(tmp_path / "short.ts", 1, 100)
    assert shades(sample_frames(clip, 2, 1000)) == pytest.approx([0, 5], abs=3)
    assert len(sample_frames(clip, 1, 1000)) == 1


@pytest.mark.parametrize(("name", "codec"), [("clip.ts", "libx264"), ("clip.ts", "mpeg2video"), ("clip.mpg", "mpeg2video")])
def test_the_first_frame_of_a_broadcast_is_its_first(tmp_path, name, codec):
    """Its frames are stored before they are shown, and searched for by the former: a jump to the latter leads past them."""
    path = tmp_path / name
    shot = ("-f", "lavfi", "-i", "color=black:s=64x48:r=25:d=4", "-vf", "geq=lum='16+2*N':cb=128:cr=128")
    ffmpeg(*shot, "-c:v", codec, "-g", "12", "-bf", "2", "-q:v", "2", "-pix_fmt", "yuv420p", path)
    frames = sample_frames(path, 4, 1000)
    assert frames[0].time_s == 0
    assert shades(frames) == pytest.approx([frame.time_s * 25 * 2 * 255 / 219 for frame in frames], abs=4)


def test_the_first_frame_of_a_recording_is_the_first_that_can_be_shown(tmp_path):
    path = tmp_path / "whole.ts"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=4", "-c:v", "libx264", "-g", "12", "-pix_fmt", "yuv420p", path)
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 5 // 188 * 188 :])
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).to_ndarray(format="rgb24")
    (frame,) = sample_frames(path, 1, 1000)
    assert np.array_equal(frame.picture.rgb, first)


def test_pixels_are_made_square(fixtures):
    path = fixtures / "orientation" / "pixels-4-3.mp4"
    picture, facts = sample_frames(path, 1, 1000)[0].picture, probe(path)
    assert (picture.width, picture.height) == (facts.width, facts.height)
    assert picture.rgb.shape == (facts.height, facts.width, 3)


@pytest.mark.parametrize(
    "name",
    ["av1.mp4", "vp9.webm", "h265.mp4", "h264.avi", "h264.flv", "h264.ts", "mpeg2.mpg", "motion-jpeg.avi", "h264-with-cover.mp4"],
)
def test_every_container_and_codec(fixtures, name):
    frames = sample_frames(fixtures / "formats" / name, 4, 1000)
    assert len(frames) >= 2
    times = [frame.time_s for frame in frames]
    assert times[0] == 0
    assert times == sorted(set(times))
    assert all(frame.picture.rgb.std() > 5 for frame in frames)


def test_damaged_frames_are_left_out(fixtures):
    assert sample_frames(fixtures / "faults" / "corrupt-frames.mp4", 6, 1000)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("voice.wav", "no video"),
        ("formats/cover-only.mp4", "no video"),
        ("faults/empty.jpg", "empty"),
        ("faults/truncated.mp4", "truncated"),
    ],
)
def test_what_has_no_frames_says_so(fixtures, name, reason):
    with pytest.raises(UnreadableMediaError, match=reason):
        sample_frames(fixtures / name, 4, 1000)
