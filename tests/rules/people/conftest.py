"""Pictures, videos and recordings of people, each made once; and catalogs with thresholds of their own."""

import functools
import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from mediapreflight import Catalog

GREY = (120, 130, 140)
RATE = 16_000


class Studio:
    """Real media made from the fixtures, by what is wrong with them."""

    def __init__(self, fixtures: Path, folder: Path) -> None:
        self._fixtures = fixtures
        self._folder = folder
        self.picture = functools.cache(self._picture)
        self.video = functools.cache(self._video)
        self.sound = functools.cache(self._sound)

    def _picture(self, what: str) -> Path:
        path = self._folder / f"{what}.png"
        self._drawn(what).convert("RGB").save(path)
        return path

    def _fixture(self, name: str) -> Image.Image:
        with Image.open(self._fixtures / name) as still:
            return still.convert("RGB")

    def _drawn(self, what: str) -> Image.Image:
        portrait, dancer = self._fixture("portrait.jpg"), self._fixture("full-body.jpg")
        match what:
            case "portrait":
                return portrait
            case "nobody":
                return Image.linear_gradient("L").resize((640, 640))
            case "two people":
                return _beside(portrait, portrait)
            case "two bodies":
                return _beside(dancer, dancer)
            case "tiny face":
                return _on_grey(portrait.resize((200, 200)), 640)
            case "small share":
                return _on_grey(portrait.resize((320, 320)), 1600)
            case "close-up":
                return portrait.crop((213, 122, 414, 323)).resize((600, 600))
            case "cut off":
                return portrait.crop((290, 0, 640, 640))
            case "turned":
                return _turned(portrait)
            case "leaning":
                return portrait.rotate(40)
            case "blurred":
                return portrait.filter(ImageFilter.GaussianBlur(3))
            case "dark":
                return ImageEnhance.Brightness(portrait).enhance(0.15)
            case "half hidden":
                return _with(portrait, "rectangle", (300, 100, 404, 330), (90, 110, 160))
            case "hidden face":
                return _with(dancer, "ellipse", (290, 60, 450, 245), (60, 45, 40))
            case "hands cut off":
                return dancer.crop((215, 0, 505, 1280))
            case "squatting":
                return _squatting(dancer)
        raise ValueError(what)

    def _video(self, *scenes: str) -> Path:
        """Half a second of each picture, one after the other."""
        path = self._folder / f"{'-'.join(scenes)}.mp4"
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=8, width=640, height=640, pix_fmt="yuv420p")
            stream.codec_context.options = {"preset": "ultrafast", "crf": "18"}
            for scene in scenes:
                still = self._drawn(scene)
                frame = av.VideoFrame.from_image(still.convert("RGB").resize((640, 640)))
                for _ in range(4):
                    output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path

    def _sound(self, what: str) -> Path:
        path = self._folder / f"{what}.wav"
        levels = np.clip(self._recorded(what) * 32768, -32768, 32767).astype("<i2")
        with wave.open(str(path), "wb") as output:
            output.setparams((1, 2, RATE, 0, "NONE", ""))
            output.writeframes(levels.tobytes())
        return path

    def _recorded(self, what: str) -> np.ndarray:
        with wave.open(str(self._fixtures / "voice.wav")) as recording:
            voice = np.frombuffer(recording.readframes(recording.getnframes()), "<i2") / 32768
        noise = np.random.default_rng(1).standard_normal(10 * RATE)
        tone = 0.3 * np.sin(np.arange(4 * RATE) * 2 * np.pi * 440 / RATE)
        match what:
            case "tone":
                return tone
            case "noise":
                return 0.1 * noise[: 4 * RATE]
            case "whisper of noise":
                return 0.001 * noise[: 4 * RATE]
            case "one word":
                return np.concatenate([voice[:RATE], np.zeros(40 * RATE)])
            case "long pause":
                return np.concatenate([voice, np.zeros(10 * RATE)])
            case "overdriven":
                return 20 * voice
            case "quiet":
                return 0.05 * voice
            case "under noise":
                return voice + 0.1 * noise[: len(voice)]
            case "before noise":
                return np.concatenate([voice, 0.01 * noise])
        raise ValueError(what)


def _squatting(figure: Image.Image) -> Image.Image:
    """The thighs, from 625 to 879 px, as short as they look from the front when they are level."""
    level = figure.crop((0, 625, 720, 879)).resize((720, 25))
    squatting = Image.new("RGB", (720, 1280 - 879 + 625 + 25))
    for part, y in ((figure.crop((0, 0, 720, 625)), 0), (level, 625), (figure.crop((0, 879, 720, 1280)), 650)):
        squatting.paste(part, (0, y))
    return squatting


def _beside(one: Image.Image, other: Image.Image) -> Image.Image:
    both = Image.new("RGB", (one.width + other.width, one.height))
    both.paste(one, (0, 0))
    both.paste(other, (one.width, 0))
    return both


def _on_grey(portrait: Image.Image, side: int) -> Image.Image:
    ground = Image.new("RGB", (side, side), GREY)
    ground.paste(portrait, ((side - portrait.width) // 2, (side - portrait.height) // 2))
    return ground


def _turned(portrait: Image.Image) -> Image.Image:
    """Stretched on one side of the face and pressed together on the other, as a turn of the head does."""
    across = np.arange(640)
    within = (across >= 203) & (across <= 424)
    across[within] = 203 + 221 * ((across[within] - 203) / 221) ** 0.3
    return Image.fromarray(np.asarray(portrait)[:, across])


def _with(still: Image.Image, shape: str, box: tuple[int, int, int, int], color: tuple[int, int, int]) -> Image.Image:
    covered = still.copy()
    getattr(ImageDraw.Draw(covered), shape)(box, fill=color)
    return covered


@pytest.fixture(scope="session")
def studio(fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(fixtures, tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="session")
def own_catalog(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Catalog]:
    """`own_catalog("emo-v1", "image", yaw_max=10)`: the shipped entry with other thresholds, as a user writes it."""

    def write(model: str, role: str, /, **thresholds: float) -> Catalog:
        path = tmp_path_factory.mktemp("own") / "own.toml"
        head = f'id = "{model}"\nextends = "{model}"\n[roles.{role}.content.thresholds]\n'
        path.write_text(head + "".join(f"{name} = {value}\n" for name, value in thresholds.items()))
        return Catalog([path])

    return write
