"""What a finished task answers: where its video stands, what was billed, words, sizes and times."""

from pathlib import Path
from typing import Any

import pytest

from mediapreflight import Job, ResultNotFoundError

from .here import HEAD, PORTRAIT, VOICE, Here, answer_of
from .home import FIXTURES

PLACES: dict[str, Any] = {
    "video_url": lambda url: {"video_url": url},
    "results.video_url": lambda url: {"results": {"video_url": url}},
    "output_video_url": lambda url: {"output_video_url": url},
    "results[0].video_url": lambda url: {"results": [{"video_url": url, "orig_prompt": "p"}]},
    "results[0].url": lambda url: {"results": [{"url": url}]},
}


def job_of(here: Here, model: str) -> Job:
    match model:
        case "video-style-transform":
            return Job(model, video=HEAD)
        case "wan2.2-s2v" | "liveportrait" | "emo-v1":
            return Job(model, image=PORTRAIT, audio=VOICE)
    return here.wan(model=model)


def ends(here: Here, model: str, **answer: Any) -> dict[str, Any]:
    """The one job of `submit --output-format json` whose task ends with this answer."""
    with here.client() as client:
        task = client.submit(job_of(here, model), out=here.out)
        here.service.fault("query", status=200, body=answer_of(task, "SUCCEEDED", **answer), times=0)
    inputs = {name: value for name, value in job_of(here, model).inputs.items() if not isinstance(value, str) or name != "prompt"}
    words = [f"{name}={value}" for name, value in inputs.items()]
    prompt = ("--set", "prompt=waves") if model.startswith("wan2.6") or model.startswith("wanx") else ()
    said = here.submit("--model", model, *words, *prompt)
    assert [body["model"] for body in here.created()][1:] == [model], "the same job is taken up, not sent anew"
    [job] = said.json()["jobs"]
    assert job["resumed"] is True
    return dict(job)


@pytest.fixture
def film(here: Here) -> str:
    """A URL of a finished video: of another task, which is as good as any."""
    with here.client() as client:
        other = client.submit(here.wan("for its video"))
        return str(client.refresh(other).result)


@pytest.mark.parametrize(
    ("model", "place"),
    [*(("wan2.6-i2v", place) for place in PLACES), ("video-style-transform", "results[0].url"), ("wan2.2-s2v", "video_url")],
)
def test_a_video_is_found_wherever_any_document_puts_it(here: Here, film: str, model: str, place: str) -> None:
    with here.client() as client:
        task = client.submit(job_of(here, model))
        body = answer_of(task, "SUCCEEDED", usage={"duration": 5}, **PLACES[place](film))
        here.service.fault("query", status=200, body=body, times=0)
        assert Path(client.wait(task, here.out)).read_bytes() == HEAD.read_bytes()
        assert client.refresh(task).result == film


def test_an_answer_without_a_video_is_kept_with_each_url_in_it(here: Here) -> None:
    urls = ["https://cdn.example.com/a/preview.png?x=1", "https://cdn.example.com/b/data.bin?Signature=u%2B"]
    with here.client() as client:
        task = client.submit(here.wan(), out=here.out)
        body = answer_of(task, "SUCCEEDED", usage={"duration": 5}, previews=[{"src": urls[0]}], extra={"blob": urls[1]})
        here.service.fault("query", status=200, body=body, times=0)
        with pytest.raises(ResultNotFoundError) as caught:
            client.wait(task, here.out)
        assert set(caught.value.urls) == set(urls)
        assert client.submit(here.wan()).id == task.id, "it is paid, and not paid again"
    shown = here.command("tasks", "show", "1", "--output-format", "json").json()[0]
    assert all(url in str(shown["answer"]) for url in urls)
    assert len(here.created()) == 1


SECONDS = [
    ("wan2.6-i2v", {"duration": 10, "output_video_duration": 10, "input_video_duration": 0, "SR": 720, "video_count": 1}, 10.0),
    ("wan2.6-i2v", {"duration": 10, "SR": "720", "video_count": 1}, 10.0),
    ("wan2.6-i2v", {"output_video_duration": 7}, 7.0),
    ("wan2.6-i2v", {"duration": "5"}, 5.0),
    ("wan2.6-i2v", '{"duration": 15, "SR": 1080}', 15.0),
    ("wan2.6-i2v", None, None),
    ("wan2.6-i2v", [], None),
    ("wan2.6-i2v", "none", None),
    ("wan2.6-i2v", {"duration": -5}, None),
    ("wan2.6-i2v", {"duration": "NaN"}, None),
    ("wanx2.1-i2v-turbo", {"video_duration": 3, "video_ratio": "standard", "video_count": 1}, 3.0),
    ("liveportrait", {"video_duration": 8.24, "video_ratio": "standard"}, 8.24),
    ("video-style-transform", {"duration": 3.96, "SR": 720}, 3.96),
    ("wan2.2-s2v", {"duration": 18.13, "size": "512*640", "fps": 16, "SR": 480}, 18.13),
    ("wan2.2-s2v", {"video_duration": 6.5}, 6.5),
]


@pytest.mark.parametrize(("model", "usage", "seconds"), SECONDS, ids=str)
def test_what_was_billed_is_read_under_each_documented_name(
    here: Here, film: str, model: str, usage: Any, seconds: float | None
) -> None:
    with here.client() as client:
        task = client.submit(job_of(here, model))
        place = {"output_video_url": film} if model == "video-style-transform" else {"video_url": film}
        here.service.fault("query", status=200, body=answer_of(task, "SUCCEEDED", usage=usage, **place), times=0)
        assert Path(client.wait(task, here.out)).is_file(), "whatever usage says, the video is there"
        assert client.refresh(task).seconds == seconds


def test_words_sizes_and_times_are_in_the_result(here: Here, film: str) -> None:
    usage = {"duration": 18.13, "size": "512*640", "fps": 16, "SR": 480}
    job = ends(here, "wan2.2-s2v", usage=usage, results={"video_url": film}, end_time="2026-11-29 09:13:00.500")
    assert job["status"] == "SUCCEEDED"
    assert (job["size"], job["fps"], job["SR"]) == ("512*640", 16, 480)
    assert job["seconds_billed"] == 18.13
    times = [job[name] for name in ("submit_time", "scheduled_time", "end_time")]
    assert [time[:19] for time in times] == ["2026-11-29T09:12:10", "2026-11-29T09:12:13", "2026-11-29T09:13:00"]
    assert all(time.endswith("+08:00") for time in times), "the documents give times in UTC+8"
    assert job["usage"] == usage
    assert Path(job["video"]).is_file()
    assert job["video_url"] == film
    assert job["error"] is None


def test_prompts_are_in_the_result_and_in_tasks_show(here: Here, film: str) -> None:
    job = ends(here, "wan2.6-i2v", usage={"duration": 5}, video_url=film, orig_prompt="waves", actual_prompt="tall waves at dusk")
    assert (job["orig_prompt"], job["actual_prompt"]) == ("waves", "tall waves at dusk")
    number = here.command("tasks", "--output-format", "json").json()[0]["id"]
    assert "tall waves at dusk" in here.command("tasks", "show", number).out


def test_times_that_are_none_do_no_harm(here: Here, film: str) -> None:
    job = ends(here, "wan2.6-i2v", usage={"duration": 5}, video_url=film, submit_time="", end_time="soon", scheduled_time=None)
    assert Path(job["video"]).is_file()
    assert job["seconds_billed"] == 5


@pytest.mark.parametrize(("ratio", "rate"), [("1:1", 0.011469), ("3:4", 0.022937)])
def test_emo_is_billed_by_the_ratio_of_the_answer(here: Here, film: str, ratio: str, rate: float) -> None:
    job = ends(here, "emo-v1", usage={"video_duration": 100, "video_ratio": ratio}, results={"video_url": film})
    assert job["ratio"] == ratio
    assert job["cost"]["currency"] == "USD"
    assert job["cost"]["amount"] == pytest.approx(100 * rate, rel=0.01)
    assert job["cost"]["earlier"] is False, "this run saw the end of it first"


def test_a_job_taken_up_again_was_billed_earlier(here: Here) -> None:
    words = ("--model", "videoretalk", f"video={HEAD}", f"audio={VOICE}")
    first = here.submit(*words).json()["jobs"][0]
    again = here.submit(*words).json()["jobs"][0]
    assert (first["resumed"], first["cost"]["earlier"]) == (False, False)
    assert (again["resumed"], again["cost"]["earlier"]) == (True, True)
    assert again["video"] == first["video"]
    assert len(here.created()) == 1


def test_a_video_that_is_none_is_not_delivered(here: Here) -> None:
    """Downloaded to a temporary name, probed, then renamed."""
    here.service.fault("download", status=200, body="<html>not a video</html>", times=0)
    said = here.submit(*here.wan_words())
    assert said.status == 1
    assert list(here.out.rglob("*.mp4")) == []
    here.service.recover()
    assert here.command("tasks", "resume").status == 0
    assert len(list(here.out.glob("*.mp4"))) == 1


def test_results_are_fetched_without_the_key(here: Here) -> None:
    assert here.submit(*here.wan_words()).status == 0
    assert all("authorization" not in {name.lower() for name, _ in entry["headers"]} for entry in here.service.log("download"))
    assert here.service.keys_elsewhere() == []


def test_template_results_are_ids(here: Here) -> None:
    said = here.submit("--model", "animate-anyone-template-gen2", f"video={FIXTURES / 'dance.mp4'}")
    assert said.status == 0, said.all
    [job] = said.json()["jobs"]
    assert job["template_id"].startswith("AACT.")
    assert job["video"] is None
    assert job["seconds_billed"] == 3.96
