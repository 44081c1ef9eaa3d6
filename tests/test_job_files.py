"""Job files, good and bad. Whatever is wrong with one, the error is one line that names file and line."""

import json
import os
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight import Job, JobFileError, read_jobs
from mediapreflight.job_files import is_job_file

Write = Callable[[str, str | bytes], Path]
FORMATS = (".toml", ".jsonl", ".csv")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def refusal(path: Path, **options: str) -> str:
    """What is said of a bad file, behind its name."""
    with pytest.raises(JobFileError) as caught:
        list(read_jobs(path, **options))
    text = str(caught.value)
    assert text.isprintable()
    assert text.startswith(f"{path}:")
    assert caught.value.path == str(path)
    line = re.match(r":(\d+): ", text.removeprefix(str(path)))
    assert caught.value.line == (int(line[1]) if line else None)
    return text.removeprefix(f"{path}:").lstrip()


@pytest.mark.parametrize("name", ["jobs.toml", "jobs.jsonl", "jobs.csv", "JOBS.CSV", "prepared.json", "a/b.c.toml", "-.csv"])
def test_names_of_job_files(name: str) -> None:
    assert is_job_file(name)


@pytest.mark.parametrize("name", ["jobs", "jobs.yaml", "toml", ".csv", "jobs.csv.png", "csv/a.png", ""])
def test_other_names(name: str) -> None:
    assert not is_job_file(name)


TOML = """
# two jobs
[[jobs]]
model = "emo-v1"
image = "a.png"
audio = "https://a.b/c.mp3"
face_bbox = [302, 286, 610, 593]
parameters.style_level = "calm"

[[jobs]]
model = "wan2.6-i2v"
image = "/pictures/b.png"
prompt = "a cat"
region = "virginia"
[jobs.parameters]
duration = 5
"""
JSONL = """
{"model": "emo-v1", "image": "a.png", "audio": "https://a.b/c.mp3", "face_bbox": [302, 286, 610, 593], \
"parameters.style_level": "calm"}

{"model": "wan2.6-i2v", "image": "/pictures/b.png", "prompt": "a cat", "region": "virginia", "parameters": {"duration": 5}}
"""
CSV = """model,image,audio,face_bbox,parameters.style_level,prompt,region,parameters.duration
emo-v1,a.png,https://a.b/c.mp3,"302,286,610,593",calm,,,

wan2.6-i2v,/pictures/b.png,,,,a cat,virginia,5
"""


@pytest.mark.parametrize(("suffix", "text"), [(".toml", TOML), (".jsonl", JSONL), (".csv", CSV)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_same_jobs_in_every_format(write: Write, tmp_path: Path, suffix: str, text: str, encoding: str, newline: str) -> None:
    path = write(f"jobs{suffix}", text.replace("\n", newline).encode(encoding))
    assert list(read_jobs(path)) == [
        Job(
            "emo-v1",
            image=str(tmp_path / "a.png"),
            audio="https://a.b/c.mp3",
            face_bbox=[302, 286, 610, 593],
            parameters={"style_level": "calm"},
        ),
        Job("wan2.6-i2v", image="/pictures/b.png", prompt="a cat", region="virginia", parameters={"duration": 5}),
    ]


def test_paths_count_from_the_folder_of_the_job_file(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    write("below/jobs.jsonl", '{"model": "emo-v1", "image": "../a.png", "audio": "sub/b.mp3"}')
    monkeypatch.chdir(tmp_path)
    (job,) = read_jobs("below/jobs.jsonl")
    assert job.inputs == {"image": "below/../a.png", "audio": "below/sub/b.mp3"}


def test_model_for_records_that_name_none(write: Write) -> None:
    path = write("jobs.csv", "image,model\na.png,\nb.png,emo-v1\n")
    assert [job.model for job in read_jobs(path, model="liveportrait")] == ["liveportrait", "emo-v1"]


def test_alias_of_a_model(write: Write, tmp_path: Path) -> None:
    (job,) = read_jobs(write("jobs.jsonl", '{"model": "wan2.7-i2v-2026-04-25", "first_frame": "a.png"}'))
    assert job == Job("wan2.7-i2v-2026-04-25", first_frame=str(tmp_path / "a.png"))


def test_cells_may_hold_quotes_commas_and_newlines(write: Write) -> None:
    text = 'model,image,prompt,parameters.duration\nwan2.6-i2v,"a, ""b"".png","line one\nline two",5\nwan2.6-i2v,c.png,x,6\n'
    first, second = read_jobs(write("jobs.csv", text))
    assert first.inputs["image"].endswith('a, "b".png')
    assert first.inputs["prompt"] == "line one\nline two"
    assert second.parameters == {"duration": 6}


def test_rows_may_be_shorter_than_the_header(write: Write) -> None:
    (job,) = read_jobs(write("jobs.csv", "model,image,audio\nemo-v1,a.png\n"))
    assert set(job.inputs) == {"image"}


def test_empty_cells_are_not_given(write: Write) -> None:
    (job,) = read_jobs(write("jobs.csv", "model,image,audio,parameters.style_level\nemo-v1,a.png, ,\n"))
    assert set(job.inputs) == {"image"}
    assert job.parameters == {}


def test_cells_that_cannot_be_read_as_their_type_stay_text(write: Write) -> None:
    (job,) = read_jobs(write("jobs.csv", "model,parameters.video_fps,parameters.other\nliveportrait,fast,1\n"))
    assert job.parameters == {"video_fps": "fast", "other": "1"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jobs.toml", '[[jobs]]\nmodel = "emo-v1"\nimage = "a.png"\nface = 2\n'),
        ("jobs.jsonl", '{"model": "emo-v1", "image": "a.png", "face": 2}'),
        ("jobs.csv", "model,image,face\nemo-v1,a.png,2\n"),
    ],
)
def test_a_face_is_chosen(write: Write, tmp_path: Path, name: str, text: str) -> None:
    assert list(read_jobs(write(name, text))) == [Job("emo-v1", image=str(tmp_path / "a.png"), face=2)]
    wrong = refusal(write(name, text.replace("2", "0")))
    assert "`face` must be a whole number from 1, not 0" in wrong


def test_unknown_keys_are_left_to_the_rules(write: Write) -> None:
    (job,) = read_jobs(write("jobs.jsonl", '{"model": "emo-v1", "imag": "a.png", "parameters.x": null}'))
    assert job.inputs == {"imag": "a.png"}
    assert job.parameters == {"x": None}


@pytest.mark.sweep
def test_hundred_thousand_lines(write: Write) -> None:
    path = write("jobs.jsonl", '{"model": "emo-v1", "image": "a.png"}\n' * 100_000)
    assert sum(1 for _ in read_jobs(path)) == 100_000


def test_jobs_come_before_the_fault_behind_them(write: Write) -> None:
    path = write("jobs.jsonl", '{"model": "emo-v1"}\n{"model": "emo-v1"}\n{"model": \n')
    assert len(list(islice(read_jobs(path), 2))) == 2
    assert refusal(path).startswith("3: ")


@pytest.mark.parametrize(
    ("suffix", "text", "line"),
    [
        (".toml", '[[jobs]]\nmodel = "emo-v1"\nimage = a.png\n', 3),
        (".toml", '[[jobs]]\nmodel = "emo-v1"\nmodel = "emo-v1"\n', 3),
        (".toml", '[[jobs]]\nmodel = "emo-v1\n', 2),
        (".jsonl", '{"model": "emo-v1"}\n{"model": "emo-v1",}\n', 2),
        (".jsonl", "\n\nnot json\n", 3),
        (".jsonl", '{"model": "emo-v1"} {"model": "emo-v1"}\n', 1),
        (".jsonl", "[" * 100_000 + "\n", 1),
        (".csv", 'model,image\nemo-v1,"a.png\n', 2),
        (".csv", 'model,image\nemo-v1,"a"b.png\n', 2),
        (".csv", "model,image\nemo-v1,a.png,b.png\n", 2),
        (".csv", 'model,prompt\nwan2.6-i2v,"a\nb"\nwan2.6-i2v,a,b\n', 4),
        (".csv", "model,image,image\nemo-v1,a.png,b.png\n", 1),
        (".csv", "model,image, image \nemo-v1,a.png,b.png\n", 1),
        (".csv", ",,\nemo-v1,a.png,b.png\n", 1),
    ],
)
def test_broken_syntax_is_named_with_its_line(write: Write, suffix: str, text: str, line: int) -> None:
    assert refusal(write(f"jobs{suffix}", text)).startswith(f"{line}: ")


def test_toml_nested_too_deeply(write: Write) -> None:
    assert "nested too deeply" in refusal(write("jobs.toml", "jobs = " + "[" * 100_000))


@pytest.mark.parametrize(
    ("suffix", "start"), [(".toml", '[[jobs]]\nmodel = "emo-v1"\nx = '), (".jsonl", '\n\n{"model": "emo-v1", "x": ')]
)
def test_number_of_too_many_digits(write: Write, suffix: str, start: str) -> None:
    end = "}" if suffix == ".jsonl" else ""
    assert refusal(write(f"jobs{suffix}", start + "9" * 5000 + end + "\n")) == "3: contains a number with too many digits"


def test_half_a_surrogate_pair_is_no_text(write: Write) -> None:
    path = write(
        "jobs.jsonl", '{"model": "emo-v1", "image": "\\ud83d\\ude00.png"}\n{"model": "emo-v1", "image": "\\ud83d.png"}\n'
    )
    assert refusal(path).startswith("2: ")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".toml", '[[jobs]]\nmodel = "emo-v1"\n[[jobs]]\nimage = "a.png"\n'),
        (".jsonl", '{"model": "emo-v1"}\n\n{"image": "a.png"}\n'),
        (".csv", "image,model\na.png,emo-v1\nb.png,\n"),
    ],
)
def test_record_without_a_model(write: Write, suffix: str, text: str) -> None:
    assert refusal(write(f"jobs{suffix}", text)).startswith("3: names no model; ")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".toml", '\n[[jobs]]\nmodel = "emo-v2"\n'),
        (".jsonl", '\n{"model": "emo-v2"}\n'),
        (".csv", "model\nemo-v2\n"),
    ],
)
def test_unknown_model_names_the_nearest(write: Write, suffix: str, text: str) -> None:
    said = refusal(write(f"jobs{suffix}", text))
    assert said.startswith("2: unknown model 'emo-v2'; did you mean emo-v1")


@pytest.mark.parametrize(
    ("record", "part"),
    [
        ({"model": 5}, "names no model"),
        ({"model": ["emo-v1"]}, "names no model"),
        ({"model": "emo-v1", "image": 5}, "`image` must be a path or a URL, not 5"),
        ({"model": "emo-v1", "image": ["a.png"]}, "`image` must be a path or a URL"),
        ({"model": "emo-v1", "parameters": "calm"}, "`parameters` must be a table"),
        ({"model": "emo-v1", "region": 5}, "`region` must be text"),
        ({"model": "emo-v1", "whole": False}, "`whole`"),
        (["emo-v1"], "a job must be an object"),
        ("emo-v1", "a job must be an object"),
        (None, "a job must be an object"),
    ],
)
def test_wrong_types(write: Write, record: object, part: str) -> None:
    said = refusal(write("jobs.jsonl", "\n" + json.dumps(record) + "\n"))
    assert said.startswith("2: ")
    assert part in said


@pytest.mark.parametrize(
    "text", ["", 'model = "emo-v1"\n', "[jobs]\n", 'jobs = "emo-v1"\n', '[[jobs]]\nmodel = "emo-v1"\n[other]\n', "[[job]]\n"]
)
def test_toml_of_another_shape(write: Write, text: str) -> None:
    assert "[[jobs]]" in refusal(write("jobs.toml", text + "# no job\n"))


def test_toml_list_of_something_else(write: Write) -> None:
    assert refusal(write("jobs.toml", "jobs = [1]\n")).endswith("a job must be a table")


@pytest.mark.parametrize(("suffix", "text"), [(".toml", "jobs = []\n"), (".jsonl", "\n \n"), (".csv", "model,image\n\n,\n")])
def test_file_without_a_job(write: Write, suffix: str, text: str) -> None:
    assert refusal(write(f"jobs{suffix}", text)) == "contains no job"


@pytest.mark.parametrize("suffix", FORMATS)
def test_empty_file(write: Write, suffix: str) -> None:
    assert refusal(write(f"jobs{suffix}", "")) == "is empty"


@pytest.mark.parametrize("suffix", FORMATS)
def test_missing_file(tmp_path: Path, suffix: str) -> None:
    assert refusal(tmp_path / f"jobs{suffix}") == "cannot be read: no such file"


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "jobs.toml").mkdir()
    assert "a folder" in refusal(tmp_path / "jobs.toml")


def test_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "jobs.toml")
    assert "a named pipe" in refusal(tmp_path / "jobs.toml")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "latin-1"])
def test_other_encodings(write: Write, suffix: str, encoding: str) -> None:
    said = refusal(write(f"jobs{suffix}", 'model = "é"'.encode(encoding)))
    assert said.startswith("is not UTF-8 text" if encoding == "latin-1" else "is UTF-16 or UTF-32 text")
    assert "; save it as UTF-8" in said


@pytest.mark.parametrize(
    "text", ["{}", "null", "{", '{"jobs":' * 100_000, '{"jobs": []}', '{"schema": "x", "jobs": 5}', "\\ud800"]
)
def test_json_that_prepare_did_not_write(write: Write, text: str) -> None:
    assert refusal(write("prepared.json", text)).startswith("is not a prepared.json: ")


@pytest.mark.parametrize("text", ["[]", ' [{"model": "emo-v1"}]', "[" * 100_000])
def test_json_list(write: Write, text: str) -> None:
    assert refusal(write("jobs.json", text)).startswith("contains a list; write its jobs into a .jsonl file")


def test_other_extension(write: Write) -> None:
    assert ".toml, .jsonl, .csv" in refusal(write("jobs.yaml", "x"))


def test_the_name_of_the_file_may_be_anything(write: Write) -> None:
    path = write("a: b\u202e.jsonl", "x")
    with pytest.raises(JobFileError) as caught:
        list(read_jobs(path))
    assert (caught.value.path, caught.value.line) == (str(path), 1)


@given(text=st.text(alphabet=st.characters(codec="utf-8")), suffix=st.sampled_from(FORMATS))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str, suffix: str) -> None:
    path = tmp_path_factory.mktemp("any") / f"jobs{suffix}"
    path.write_bytes(text.encode())
    try:
        assert all(isinstance(job, Job) for job in read_jobs(path))
    except JobFileError as error:
        assert error.path == str(path)


values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=3)


@given(st.dictionaries(st.sampled_from(["model", "image", "audio", "region", "parameters", "x", "parameters.y"]), values))
def test_any_record_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, record: dict) -> None:
    path = tmp_path_factory.mktemp("any") / "jobs.jsonl"
    path.write_text(json.dumps({"model": "emo-v1", **record}) + "\n")
    try:
        (job,) = read_jobs(path)
        assert job.model == "emo-v1" if "model" not in record else job.model == record["model"]
    except JobFileError as error:
        assert error.line == 1


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_prompts_survive_a_csv(tmp_path_factory: pytest.TempPathFactory, prompts: list[str]) -> None:
    quoted = [prompt.replace('"', '""') for prompt in prompts]
    path = tmp_path_factory.mktemp("any") / "jobs.csv"
    path.write_bytes(("model,prompt\n" + "".join(f'wan2.6-i2v,"{prompt}"\n' for prompt in quoted)).encode())
    read = [job.inputs.get("prompt", "") for job in read_jobs(path)]
    assert read == [prompt if prompt.strip() else "" for prompt in prompts]


def test_prepared_json_names_no_file_as_a_url(write: Callable[..., Path]) -> None:
    job = {
        "model": "emo-v1",
        "ok": True,
        "parameters": {},
        "fields": {},
        "inputs": {},
        "findings": [],
        "urls": {"image": "/etc/passwd"},
    }
    text = json.dumps({"schema": "mediapreflight.prepared/1", "version": "1", "ok": True, "jobs": [job]})
    assert refusal(write("prepared.json", text)) == "lists something under `urls` that is not a URL: `image`"


def prepared_with(path: str) -> str:
    """A `prepared.json` whose picture has this path."""
    facts = {"kind": "image", "path": path, "format": "png", "bytes": 1}
    file = {"source": "a.png", "source_sha256": "", "path": path, "sha256": "", "steps": [], "before": facts, "after": facts}
    job = {"model": "emo-v1", "ok": True, "parameters": {}, "fields": {}, "inputs": {"image": file}, "findings": []}
    return json.dumps({"schema": "mediapreflight.prepared/1", "version": "1", "ok": True, "jobs": [job]})


def test_a_record_from_windows_names_the_files_beside_it(write: Write) -> None:
    record = write("prepared.json", prepared_with("D:\\ready\\a.png"))
    (job,) = read_jobs(record)
    assert job.inputs["image"] == str(record.parent / "a.png")


@pytest.mark.skipif("os.name != 'posix'", reason="no file can have such a name on Windows")
def test_a_backslash_in_the_name_of_a_prepared_file(write: Write) -> None:
    record = write("prepared.json", prepared_with("a\\b.png"))
    write("a\\b.png", b"")
    (job,) = read_jobs(record)
    assert job.inputs["image"] == str(record.parent / "a\\b.png")


def test_paths_of_windows_in_json_lines(write: Write) -> None:
    said = refusal(write("jobs.jsonl", r'{"model": "emo-v1", "image": "C:\Users\a.png"}'))
    assert said == r"1: invalid \escape (column 33); write each backslash of a path twice, or `/` for it"


INPUTS = {
    "file:///a/b%20c.png": "/a/b c.png",
    "file://server/a.png": "file://server/a.png",
    "oss://dashscope-instant/a.png": "oss://dashscope-instant/a.png",
    "data:image/png;base64,AAAA": "data:image/png;base64,AAAA",
}


@pytest.mark.parametrize(("given", "read"), INPUTS.items())
def test_every_kind_of_input_in_every_format(write: Write, given: str, read: str) -> None:
    texts = {
        "jobs.toml": f'[[jobs]]\nmodel = "wan2.6-i2v"\nimage = "{given}"\nprompt = "{given}"\n',
        "jobs.jsonl": json.dumps({"model": "wan2.6-i2v", "image": given, "prompt": given}) + "\n",
        "jobs.csv": f'model,image,prompt\nwan2.6-i2v,"{given}","{given}"\n',
    }
    for name, text in texts.items():
        (job,) = read_jobs(write(name, text))
        assert job.inputs == {"image": read, "prompt": given}


def test_a_picture_in_a_cell(write: Write) -> None:
    url = "data:image/png;base64," + "A" * 1_000_000
    (job,) = read_jobs(write("jobs.csv", f'model,image\nwan2.6-i2v,"{url}"\n'))
    assert job.inputs["image"] == url
