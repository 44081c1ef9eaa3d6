"""Both clients against the stand-in service: files in, video out."""

import asyncio
import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mediapreflight import Catalog, Job, probe
from mediapreflight.emulator import Emulator
from mediapreflight.errors import (
    DetectionRefusedError,
    JobNotFitError,
    KeyRefusedError,
    OutputError,
    RequestRefusedError,
    TaskExpiredError,
    TaskFailed,
    UnreachableError,
    UploadError,
    UsageError,
    WaitTimeoutError,
)
from mediapreflight.submit.client import AsyncClient, Client
from mediapreflight.submit.pipeline import SubmitOptions

from .conftest import HURRY, KEY, SYSTEMS, creates, systems


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_delivers_a_video(system: str, client: Client, fixtures: Path, tmp_path: Path) -> None:
    task = client.submit(systems(fixtures)[system])
    assert task.id
    assert task.status == "PENDING"
    video = client.wait(task, out=tmp_path / "out")
    facts = probe(video)
    assert facts.kind == "video"
    assert facts.problems == ()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [video.name]


@pytest.mark.parametrize("system", ["emo", "wan"])
def test_systems_deliver_to_the_async_client(system: str, settings: dict[str, Any], fixtures: Path, tmp_path: Path) -> None:
    async def sent() -> Path | str:
        async with AsyncClient(**settings) as client:
            return await client.wait(await client.submit(systems(fixtures)[system]), out=tmp_path / "out")

    assert probe(asyncio.run(sent())).problems == ()


def test_template_feeds_the_generator(client: Client, fixtures: Path, tmp_path: Path) -> None:
    template = client.template(fixtures / "dance.mp4")
    assert template.startswith("AACT.")
    job = Job("animate-anyone-gen2", image=fixtures / "full-body.jpg", template_id=template)
    assert client.wait(client.submit(job), out=tmp_path).is_file()


def test_which_template_is_meant_must_be_said_where_several_are_made(
    settings: dict[str, Any], fixtures: Path, tmp_path: Path
) -> None:
    template, other = tmp_path / "template.toml", tmp_path / "ours.toml"
    template.write_text('id = "our-template"\nextends = "animate-anyone-template-gen2"\n')
    other.write_text('id = "ours"\nextends = "animate-anyone-gen2"\n[service]\ntemplate = "our-template"\n')
    with (
        Client(**settings, catalog=Catalog([template, other])) as client,
        pytest.raises(UsageError, match=r"several models take templates.* animate-anyone-template-gen2 or our-template"),
    ):
        client.template(fixtures / "dance.mp4")


def test_same_job_is_taken_up_not_sent_again(client: Client, service: Emulator, wan: Callable[..., Job], tmp_path: Path) -> None:
    first = client.submit(wan())
    assert client.submit(wan()).id == first.id
    video = client.wait(first, out=tmp_path)
    assert client.submit(wan()).id == first.id
    assert client.wait(client.submit(wan()), out=tmp_path) == video
    assert creates(service) == 1
    assert client.submit(wan(), again=True).id != first.id
    assert creates(service) == 2


def test_another_client_finishes_what_one_began(client: Client, settings: dict[str, Any], wan, tmp_path: Path) -> None:
    task = client.submit(wan())
    with Client(**settings) as other:
        assert other.wait(task.id, out=tmp_path).is_file()


def test_same_bytes_are_uploaded_once_per_model(client: Client, service: Emulator, wan: Callable[..., Job]) -> None:
    client.submit(wan(1))
    client.submit(wan(2))
    assert sum(entry["step"] == "upload" for entry in service.log) == 1


def test_a_day_later_they_are_uploaded_again(settings: dict[str, Any], service: Emulator, wan, tmp_path: Path) -> None:
    with Client(**settings) as client:
        client.submit(wan(1))
        later = client.session.ledger._clock() + 48 * 3600
        client.session.ledger._clock = lambda: later
        client.submit(wan(2))
    assert sum(entry["step"] == "upload" for entry in service.log) == 2


def test_job_with_findings_is_not_sent(client: Client, service: Emulator, fixtures: Path) -> None:
    job = Job("wan2.6-i2v", image=fixtures / "voice.wav", prompt="x")
    with pytest.raises(JobNotFitError, match=r"voice\.wav: FILE005 file-kind-wrong") as caught:
        client.submit(job)
    assert caught.value.report.findings
    assert service.log == []


class TestOneOfTwo:
    @pytest.fixture
    def couple(self, fixtures: Path, tmp_path: Path) -> Path:
        path = tmp_path / "couple.png"
        with Image.open(fixtures / "portrait.jpg") as portrait:
            both = Image.new("RGB", (1400, 800))
            both.paste(portrait.resize((800, 800)), (0, 0))
            both.paste(portrait.resize((600, 600)), (800, 200))
        both.save(path)
        return path

    def test_local_boxes_are_those_of_the_chosen_face(
        self, couple: Path, client: Client, service: Emulator, fixtures: Path
    ) -> None:
        job = Job("emo-v1", image=couple, audio=fixtures / "voice.wav", face=2)
        client.submit(job, boxes="local", force=True)
        (made,) = service.tasks
        assert made["request"]["input"]["face_bbox"][0] > 800

    @pytest.mark.parametrize(("model", "boxes"), [("emo-v1", "service"), ("liveportrait", "local")])
    def test_what_cannot_be_told_is_not_sent_and_not_even_by_force(
        self, couple: Path, client: Client, service: Emulator, fixtures: Path, model: str, boxes: Any
    ) -> None:
        job = Job(model, image=couple, audio=fixtures / "voice.wav", face=2)
        with pytest.raises(JobNotFitError, match="FACE002"):
            client.submit(job, boxes=boxes)
        with pytest.raises(UsageError, match="no request can say which face is meant"):
            client.submit(job, boxes=boxes, force=True)
        assert service.log == []

    def test_delivered_after_a_crop(
        self, couple: Path, client: Client, service: Emulator, fixtures: Path, tmp_path: Path
    ) -> None:
        job = Job("emo-v1", image=couple, audio=fixtures / "voice.wav", face=2)
        (result,) = client.deliver([job], SubmitOptions(out=tmp_path))
        assert result.ok
        assert probe(tmp_path / "prepared" / "couple.png").width < 600


def test_forced_job_is_refused_by_the_service(client: Client, fixtures: Path, tmp_path: Path) -> None:
    job = Job("videoretalk", video=fixtures / "video/fps-75.mp4", audio=fixtures / "voice.wav")
    with pytest.raises((TaskFailed, RequestRefusedError)) as caught:
        client.wait(client.submit(job, force=True), out=tmp_path)
    assert caught.value.code.startswith("InvalidFile")
    assert {"VID003", "VID007"} & set(caught.value.rules)


def test_picture_without_a_face_is_refused_before_anything_is_created(
    fixtures: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    Image.linear_gradient("L").resize((640, 640)).save(tmp_path / "nobody.png")
    with Emulator(seconds_per_task=0.1) as looking, Client(**settings | {"base_url": looking.base_url}) as client:
        job = Job("liveportrait", image=tmp_path / "nobody.png", audio=fixtures / "voice.wav")
        with pytest.raises(DetectionRefusedError):
            client.submit(job, force=True)
        assert creates(looking) == 0


def test_region_that_does_not_serve_the_model_is_refused_before_sending(
    settings: dict[str, Any], service: Emulator, fixtures
) -> None:
    with Client(**settings, region="singapore") as client, pytest.raises(UsageError, match="not offered in singapore"):
        client.submit(systems(fixtures)["emo"])
    assert service.log == []


def test_pictures_travel_inside_the_request_where_no_space_for_uploads_is(settings, service: Emulator, wan, tmp_path) -> None:
    with Client(**settings, region="virginia") as client:
        task = client.submit(wan())
        assert client.wait(task, out=tmp_path).is_file()
    (made,) = service.tasks
    assert made["request"]["input"]["img_url"].startswith("data:image/jpeg;base64,")
    assert {entry["step"] for entry in service.log} >= {"create", "query"}
    assert not any(entry["step"] in ("policy", "upload") for entry in service.log)


def test_local_boxes_save_the_detect_call(client: Client, service: Emulator, fixtures: Path) -> None:
    client.submit(systems(fixtures)["emo"], boxes="local")
    (made,) = service.tasks
    assert made["request"]["input"]["face_bbox"] == [225, 131, 405, 311]
    assert made["request"]["input"]["ext_bbox"] == [90, 0, 540, 450]
    assert not any(entry["step"] == "detect" for entry in service.log)


def test_detect_answers_boxes_and_is_paid_once(client: Client, service: Emulator, fixtures: Path) -> None:
    job = systems(fixtures)["emo"]
    first = client.detect(job)
    assert first.passed
    assert len(first.fields["face_bbox"]) == 4
    assert client.detect(job) == first
    client.submit(job)
    assert sum(entry["step"] == "detect" for entry in service.log) == 1
    client.detect(job, ratio="3:4")
    assert sum(entry["step"] == "detect" for entry in service.log) == 2


def test_refresh_list_and_download(client: Client, wan: Callable[..., Job], tmp_path: Path) -> None:
    task = client.submit(wan())
    client.wait(task, out=tmp_path / "one")
    seen = client.refresh(task)
    assert seen.status == "SUCCEEDED"
    assert seen.seconds == 2
    assert seen.result.startswith("http://127.0.0.1")
    assert seen.result not in repr(seen)
    assert [listed.task_id for listed in client.list(model="wan2.6-i2v")] == [task.id]
    assert client.list(status="FAILED") == ()
    assert client.download(task, tmp_path / "two").read_bytes() == next((tmp_path / "one").iterdir()).read_bytes()


def test_pending_task_can_be_canceled_and_a_done_one_not(
    settings: dict[str, Any], wan: Callable[..., Job], tmp_path: Path
) -> None:
    with Emulator(seconds_per_task=1000) as slow, Client(**settings | {"base_url": slow.base_url}) as client:
        tasks = [client.submit(wan(number)) for number in range(2)]
        client.cancel(tasks[1])
        with pytest.raises((TaskFailed, RequestRefusedError), match="cancel"):
            client.wait(tasks[1], out=tmp_path)
        slow.advance(2000)
        with pytest.raises(RequestRefusedError, match="UnsupportedOperation"):
            client.cancel(tasks[0])


def test_patience_ends_and_the_task_goes_on(settings: dict[str, Any], wan: Callable[..., Job], tmp_path: Path) -> None:
    with Emulator(seconds_per_task=1000) as slow, Client(**settings | {"base_url": slow.base_url}) as client:
        task = client.submit(wan())
        with pytest.raises(WaitTimeoutError, match="it keeps running"):
            client.wait(task, out=tmp_path, timeout=0.2)
        slow.advance(1001)
        assert client.wait(task, out=tmp_path).is_file()


def test_task_that_has_expired_says_so(
    settings: dict[str, Any], service: Emulator, wan: Callable[..., Job], tmp_path: Path
) -> None:
    with Client(**settings) as client:
        task = client.submit(wan())
        service.advance(25 * 3600)
        with pytest.raises(TaskExpiredError, match="no longer known"):
            client.wait(task, out=tmp_path)
        # It can be sent anew after that.
        assert client.submit(wan()).id != task.id


def test_task_the_service_forgets_too_early_stays_open(client: Client, service: Emulator, wan, tmp_path: Path) -> None:
    task = client.submit(wan())
    service.fail("query", "unknown", client.session.pace.unknown_polls)
    with pytest.raises(WaitTimeoutError, match="UNKNOWN"):
        client.wait(task, out=tmp_path)
    assert client.submit(wan()).id == task.id
    assert client.wait(task, out=tmp_path).is_file()


def test_failed_task_names_code_and_message(client: Client, service: Emulator, wan: Callable[..., Job], tmp_path: Path) -> None:
    service.fail("create", "failed")
    task = client.submit(wan())
    with pytest.raises(TaskFailed, match="InternalError") as caught:
        client.wait(task, out=tmp_path)
    assert caught.value.task_id == task.id
    assert caught.value.retry_helps
    assert pickle.loads(pickle.dumps(caught.value)).code == caught.value.code
    assert client.submit(wan()).id != task.id


def test_wrong_key_is_refused_and_leaves_the_job_open(settings: dict[str, Any], wan: Callable[..., Job]) -> None:
    with Emulator(api_key="sk-another-0123456789", seconds_per_task=0.1) as locked:
        with Client(**settings | {"base_url": locked.base_url}) as client, pytest.raises(KeyRefusedError, match="InvalidApiKey"):
            client.submit(wan())
        with Client(**settings | {"base_url": locked.base_url, "api_key": "sk-another-0123456789"}) as client:
            assert [row.stage for row in client.session.ledger.open()] == ["ready"]
            assert client.submit(wan()).number == 1


def test_no_key_is_one_clear_line() -> None:
    with pytest.raises(UsageError, match="DASHSCOPE_API_KEY"):
        Client()


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"region": "mars"}, "unknown region"),
        ({"base_url": "http://example.org/api/v1"}, "loopback"),
        ({"base_url": "https://example.org/v1"}, "does not end in /api/v1"),
        ({"region": "frankfurt"}, "workspace"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_at_once(settings: dict[str, str], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        Client(KEY, **settings)


def test_unreachable_service_leaves_the_job_open(settings: dict[str, Any], service: Emulator, wan: Callable[..., Job]) -> None:
    service.close()
    with Client(**settings) as client:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:\d+: cannot be reached"):
            client.submit(wan())
        assert [row.stage for row in client.session.ledger.open()] == ["ready"]


def test_file_that_changed_is_not_sent_for_another(client: Client, service: Emulator, fixtures: Path, tmp_path: Path) -> None:
    picture = tmp_path / "p.jpg"
    picture.write_bytes((fixtures / "portrait.jpg").read_bytes())
    job = Job("wan2.6-i2v", image=picture, prompt="x")
    service.fail("policy", "500", 50)
    with pytest.raises(Exception, match=r"500|InternalError"):
        client.submit(job)
    picture.write_bytes((fixtures / "full-body.jpg").read_bytes())
    (row,) = client.session.ledger.open()
    from mediapreflight.submit.tasks import finish

    with pytest.raises(UploadError, match="no longer the file that was submitted"):
        client._run(lambda own: finish(client.session, row, tmp_path))
    picture.unlink()
    with pytest.raises(UploadError, match=r"p\.jpg: cannot be read"):
        client._run(lambda own: finish(client.session, row, tmp_path))


def test_folder_that_cannot_be_written_loses_nothing(client: Client, wan: Callable[..., Job], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    task = client.submit(wan())
    with pytest.raises(OutputError, match="cannot be written to"):
        client.wait(task, out=tmp_path / "file" / "out")
    assert client.wait(task, out=tmp_path / "out").is_file()


def test_wait_without_a_folder_says_so(client: Client, wan: Callable[..., Job]) -> None:
    with pytest.raises(UsageError, match="`out`"):
        client.wait(client.submit(wan()))


def test_task_nobody_submitted_here_is_named(client: Client) -> None:
    with pytest.raises(UsageError, match="not in the ledger"):
        client.refresh("unknown-task")


@pytest.mark.parametrize("call", ["detect", "template"])
def test_models_without_that_call_say_so(call: str, client: Client, wan: Callable[..., Job], fixtures: Path) -> None:
    with pytest.raises(UsageError, match=r"wan2\.6-i2v"):
        client.detect(wan()) if call == "detect" else client.template(fixtures / "dance.mp4", model="wan2.6-i2v")


def test_detect_model_makes_no_task(client: Client, fixtures: Path) -> None:
    with pytest.raises(UsageError, match="use `detect`"):
        client.submit(Job("emo-detect-v1", image=fixtures / "portrait.jpg"))
    assert client.detect(Job("emo-detect-v1", image=fixtures / "portrait.jpg")).passed


def test_both_clients_say_what_they_are_made_from() -> None:
    made_from = inspect.signature(Client)
    assert made_from == inspect.signature(AsyncClient)
    names = ("region", "workspace", "base_url", "catalog", "ledger", "pace", "private_urls", "time_limit_s", "notify", "timeout")
    assert tuple(made_from.parameters) == ("api_key", *names, "transport")
    assert {made_from.parameters[name].kind for name in names} == {inspect.Parameter.KEYWORD_ONLY}
    assert all(each.annotation not in (inspect.Parameter.empty, "Any") for each in made_from.parameters.values())
    said = inspect.getdoc(Client.__init__) or ""
    assert [name for name in made_from.parameters if f"\n    {name}: " not in said] == []


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> set[str]:
        return {name for name, value in vars(kind).items() if not name.startswith("_") and callable(value)}

    assert methods(Client) == methods(AsyncClient)


def test_events_tell_how_far_a_job_is(settings: dict[str, Any], wan: Callable[..., Job], tmp_path: Path) -> None:
    events = []
    with Client(**settings, notify=events.append) as client:
        client.wait(client.submit(wan()), out=tmp_path)
    stages = list(dict.fromkeys(event.stage for event in events))
    assert stages == ["upload", "create", "wait", "download"]
    assert events[-1].share == 1.0


def test_async_client_runs_on_trio(settings: dict[str, Any], wan: Callable[..., Job], tmp_path: Path) -> None:
    trio = pytest.importorskip("trio")

    async def sent() -> Path | str:
        async with AsyncClient(**settings) as client:
            return await client.wait(await client.submit(wan()), out=tmp_path)

    assert trio.run(sent).is_file()


def test_default_pace_is_the_documented_one(client: Client, settings: dict[str, Any]) -> None:
    assert client.session.poll_interval == HURRY.poll_interval
    with Client(**{name: value for name, value in settings.items() if name != "pace"}) as patient:
        assert patient.session.poll_interval == 15


@pytest.mark.parametrize("typed", [f"She says {KEY}", {"note": [KEY]}, KEY.replace("s", "\\u0073")])
def test_a_key_typed_into_a_job_is_neither_sent_nor_kept(
    client: Client, service: Emulator, fixtures: Path, tmp_path: Path, typed: Any
) -> None:
    job = Job("wan2.6-i2v", image=fixtures / "portrait.jpg", prompt=typed, parameters={"duration": 2})
    with pytest.raises(UsageError, match=r"prompt of wan2\.6-i2v holds the API key; nothing was sent"):
        client.submit(job, force=True)
    assert service.log == []
    assert client.session.ledger.all() == ()


def test_what_cannot_be_brought_home_is_not_paid_for(client: Client, service: Emulator, wan, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        client.submit(wan(), out=tmp_path / "file")
    assert service.log == []


def test_a_task_waits_and_cancels_by_itself(client: Client, service: Emulator, wan, tmp_path: Path) -> None:
    task = client.submit(wan())
    assert task.refresh().id == task.id
    assert task.wait(tmp_path).is_file()
    with pytest.raises(UsageError, match="has no client"):
        pickle.loads(pickle.dumps(task)).wait(tmp_path)
