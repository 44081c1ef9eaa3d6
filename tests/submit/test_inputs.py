"""Every kind of input from a job to the service: paths, `file://`, `data:`, `oss://`; pictures inside the request."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediapreflight import Job
from mediapreflight.emulator import Emulator
from mediapreflight.errors import JobNotFitError, UploadError, UsageError
from mediapreflight.job import revised
from mediapreflight.submit.client import Client
from mediapreflight.submit.http import Request
from mediapreflight.submit.ledger import Submission
from mediapreflight.submit.pipeline import SubmitOptions, fitting, new_submission
from mediapreflight.submit.rehearsal import as_text, rehearsed

SHOWN = "data:image/jpeg;base64,… (63.7 kB)"


def data_url(path: Path, media_type: str = "image/jpeg") -> str:
    return f"data:{media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def as_kept(path: Path) -> str:
    """What the stand-in keeps of a picture that came as Base64."""
    return f"data:image/jpeg;base64,sha256-{hashlib.sha256(base64.b64encode(path.read_bytes())).hexdigest()}"


@pytest.fixture
def picture(fixtures: Path) -> Path:
    return fixtures / "portrait.jpg"


def wan(image: Any, **more: Any) -> Job:
    return Job("wan2.6-i2v", image=image, prompt="x", parameters={"duration": 2}, **more)


def sent(service: Emulator) -> dict[str, Any]:
    """The inputs of the last task as they reached the service."""
    return service.tasks[-1]["request"]["input"]


def steps(service: Emulator) -> list[str]:
    return [entry["step"] for entry in service.log]


def planned(client: Client, job: Job, **settings: Any) -> tuple[Request, ...]:
    entry = new_submission(client.session, job, fitting(client.session, job), SubmitOptions(**settings))
    return rehearsed(client.session, entry, job).requests


def test_inline_promises_no_upload_that_the_model_does_not_take(client: Client, picture: Path) -> None:
    job = Job("kling/kling-v3-video-generation", prompt="x", first_frame=picture)
    with pytest.raises(UsageError, match=r"takes only http\(s\) URLs for first_frame"):
        planned(client, job, inline=True)


def test_a_job_may_have_no_file(client: Client, service: Emulator) -> None:
    client.submit(Job("wan3.0-video", prompt="waves"))
    assert sent(service) == {"prompt": "waves"}


def test_base64_is_sent_as_it_is(client: Client, service: Emulator, picture: Path, tmp_path: Path) -> None:
    url = data_url(picture)
    video = client.wait(client.submit(wan(url)), out=tmp_path / "out")
    assert sent(service)["img_url"] == as_kept(picture)
    assert "upload" not in steps(service)
    assert Path(video).name.startswith("image-")


def test_base64_with_another_type_is_sent_with_its_own(client: Client, service: Emulator, picture: Path) -> None:
    client.submit(wan(data_url(picture, "IMAGE/PNG;name=a")))
    assert sent(service)["img_url"] == as_kept(picture)


def test_base64_is_uploaded_where_the_model_takes_only_urls(client: Client, service: Emulator, fixtures: Path) -> None:
    picture, sound = fixtures / "portrait.jpg", fixtures / "voice.mp3"
    client.submit(Job("emo-v1", image=data_url(picture, "image/png"), audio=data_url(sound, "audio/mpeg")))
    for field, file in (("image_url", picture), ("audio_url", sound)):
        name = f"{hashlib.sha256(file.read_bytes()).hexdigest()}{file.suffix}"
        assert sent(service)[field].startswith("oss://")
        assert sent(service)[field].endswith(f"/{name}")


class _Recording(httpx.AsyncHTTPTransport):
    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[str | None] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "multipart" in request.headers.get("content-type", ""):
            self.lengths.append(request.headers.get("content-length"))
        return await super().handle_async_request(request)


def test_uploads_of_base64_state_their_length(settings: dict[str, Any], fixtures: Path) -> None:
    transport, sound = _Recording(), fixtures / "voice.mp3"
    with Client(**settings, transport=transport) as client:
        client.upload(data_url(sound, "audio/mpeg"), model="emo-v1")
    (length,) = transport.lengths
    assert int(length or 0) > sound.stat().st_size


def test_sound_is_uploaded_though_the_picture_is_inside(client: Client, service: Emulator, fixtures: Path) -> None:
    client.submit(wan(data_url(fixtures / "portrait.jpg"), audio=data_url(fixtures / "voice.mp3", "audio/mpeg")))
    assert sent(service)["img_url"].startswith("data:image/jpeg;base64,")
    assert sent(service)["audio_url"].startswith("oss://")


def test_file_urls_are_paths(client: Client, service: Emulator, picture: Path) -> None:
    first = client.submit(wan(picture.resolve().as_uri()))
    assert client.submit(wan(picture)).id == first.id
    assert client.session.ledger.submission(first.number).job["inputs"]["image"] == str(picture.resolve())
    assert sent(service)["img_url"].startswith("oss://")


@pytest.mark.parametrize("first", range(3))
def test_the_same_bytes_are_the_same_job_in_any_form(first: int, client: Client, service: Emulator, picture: Path) -> None:
    ways = [data_url(picture), picture, "DATA:;BASE64," + data_url(picture).partition(",")[2]]
    numbers = {client.submit(wan(way)).number for way in [ways[first], *ways]}
    assert len(numbers) == 1
    assert steps(service).count("create") == 1
    assert client.submit(wan(picture), inline=True).number in numbers


def test_oss_urls_stay_as_they_are_and_are_resolved(client: Client, service: Emulator, picture: Path) -> None:
    url = client.upload(picture, model="wan2.6-i2v")
    client.submit(wan(url))
    assert sent(service)["img_url"] == url
    for scheme in ("oss", "OSS"):
        (create,) = (request for request in planned(client, wan(f"{scheme}://k/图 1.png")) if request.purpose == "create")
        assert create.headers["X-DashScope-OssResourceResolve"] == "enable"
        assert create.json["input"]["img_url"] == f"{scheme}://k/图 1.png"


def test_a_local_picture_inside_the_request_by_choice(client: Client, service: Emulator, picture: Path) -> None:
    _, create, *_ = planned(client, wan(picture), inline=True)
    assert SHOWN in as_text(create)
    client.submit(wan(picture), inline=True)
    assert create.json["input"]["img_url"] == data_url(picture)
    assert sent(service)["img_url"] == as_kept(picture)
    assert steps(service) == ["list", "create"]


def test_only_what_takes_base_64_goes_inside(client: Client, service: Emulator, fixtures: Path) -> None:
    client.submit(wan(fixtures / "portrait.jpg", audio=fixtures / "voice.mp3"), inline=True)
    assert sent(service)["img_url"].startswith("data:")
    assert sent(service)["audio_url"].startswith("oss://")
    with pytest.raises(
        UsageError,
        match=r"^emo-v1 takes no file inside the request; leave out `--inline`, and its files are uploaded$",
    ):
        client.submit(Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3"), inline=True)


@pytest.mark.parametrize("inline", [True, False])
def test_the_documented_size_holds_inside_the_request_too(inline: bool, client: Client, picture: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(picture.read_bytes() + bytes(20 * 2**20))
    for image in (large, data_url(large)):
        with pytest.raises(JobNotFitError, match="file-too-large") as caught:
            client.submit(wan(image), inline=inline)
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("bad", ["data:image/jpeg;base64,AAA", "data:image/jpeg,AAAA", "file://server/a.jpg"])
def test_what_holds_no_file_is_not_sent_and_not_even_by_force(bad: str, client: Client, service: Emulator) -> None:
    with pytest.raises(JobNotFitError, match="file-unreadable"):
        client.submit(wan(bad))
    with pytest.raises(UploadError, match="cannot be read"):
        client.submit(wan(bad), force=True)
    assert service.log == []


class TestLedger:
    def test_keeps_the_hash_and_never_the_file(self, client: Client, picture: Path) -> None:
        kept = self.registered(client, wan(data_url(picture)))
        assert kept.job["inputs"]["image"] == SHOWN
        assert kept.hashes == {"image": hashlib.sha256(picture.read_bytes()).hexdigest()}
        assert not kept.resumable

    def test_a_prompt_is_no_file(self, client: Client, picture: Path) -> None:
        job = Job("wan2.6-i2v", image=picture, prompt="data: the new oil, painted", parameters={"duration": 2})
        kept = self.registered(client, job)
        assert kept.job["inputs"]["prompt"] == "data: the new oil, painted"
        assert kept.resumable

    def test_what_was_not_sent_is_sent_with_the_file_given_again_in_any_form(
        self, client: Client, service: Emulator, picture: Path
    ) -> None:
        kept = self.registered(client, wan(data_url(picture)))
        task = client.submit(wan(picture.resolve().as_uri()))
        assert (task.number, steps(service).count("create")) == (kept.id, 1)

    def test_without_it_nothing_is_sent(self, client: Client, service: Emulator, picture: Path) -> None:
        from mediapreflight.submit.tasks import finish

        kept = self.registered(client, wan(data_url(picture)))
        with pytest.raises(UsageError, match=r"does not keep \(a signed or data: URL\); submit the job again"):
            client._run(lambda own: finish(client.session, kept))
        assert service.log == []

    def test_a_file_that_was_moved_is_sent_from_where_it_is_now(
        self, client: Client, service: Emulator, picture: Path, tmp_path: Path
    ) -> None:
        before, now = tmp_path / "before.jpg", tmp_path / "now.jpg"
        before.write_bytes(picture.read_bytes())
        kept = self.registered(client, wan(before))
        before.rename(now)
        assert "create" in [request.purpose for request in planned(client, wan(now))]
        task = client.submit(wan(now))
        assert (task.number, steps(service).count("create")) == (kept.id, 1)

    def test_a_file_left_empty_makes_no_other_job(self, client: Client, picture: Path) -> None:
        kept = self.registered(client, wan(picture))
        assert self.registered(client, revised(wan(picture), inputs={**wan(picture).inputs, "audio": ""})).id == kept.id

    def test_what_was_recorded_and_not_sent_is_no_earlier_task(self, client: Client, picture: Path, tmp_path: Path) -> None:
        kept = self.registered(client, wan(picture))
        (result,) = client.deliver([wan(picture)], SubmitOptions(out=tmp_path / "out"))
        assert (result.ok, result.number, result.resumed) == (True, kept.id, False)

    @staticmethod
    def registered(client: Client, job: Job) -> Submission:
        entry = new_submission(client.session, job, fitting(client.session, job), SubmitOptions())
        (kept,) = client.session.ledger.register([entry])
        return kept


class TestFrankfurt:
    def test_by_a_workspace(self, settings: dict[str, Any], picture: Path) -> None:
        with Client(**{**settings, "base_url": None}, region="frankfurt", workspace="llm-1") as client:
            _, create, query, _ = planned(client, wan(picture))
        assert create.url.startswith("https://llm-1.eu-central-1.maas.aliyuncs.com/api/v1/services/")
        assert query.url.startswith("https://llm-1.eu-central-1.maas.aliyuncs.com/api/v1/tasks/")
        # There is no space to upload to.
        assert create.json["input"]["img_url"] == data_url(picture)

    def test_sound_needs_a_url(self, settings: dict[str, Any], fixtures: Path) -> None:
        with (
            Client(**{**settings, "base_url": None}, region="frankfurt", workspace="llm-1") as client,
            pytest.raises(UsageError, match="frankfurt has no temporary space for files; give a URL"),
        ):
            planned(client, wan(fixtures / "portrait.jpg", audio=data_url(fixtures / "voice.mp3", "audio/mpeg")))

    @pytest.mark.parametrize("model", ["wan2.7-i2v", "emo-v1"])
    def test_models_whose_pages_name_other_regions_are_not_sent_there(
        self, model: str, client: Client, picture: Path, wan: Callable[..., Job]
    ) -> None:
        known = client.session.catalog.model(model)
        with pytest.raises(UsageError, match=f"{model} is not offered in frankfurt"):
            client.session.region_of(known, "frankfurt")
