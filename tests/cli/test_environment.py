"""An environment that cannot be meant: one line and status 2, whatever the command."""

from pathlib import Path

import pytest

# A picture that nobody has to be found in: what finds people takes longer than all the rest.
JOB = ("--model", "wan2.6-i2v", "image=portrait.jpg", "--set", "prompt=x")
# Nobody listens there.
SERVICE = "http://127.0.0.1:9/api/v1"
ENVIRONMENTS = [
    {"HTTP_PROXY": "foo://x"},
    {"HTTPS_PROXY": "http://[::bad"},
    {"NO_PROXY": "[::"},
    {"ALL_PROXY": "socks5://127.0.0.1:1"},
    {"SSL_CERT_FILE": "/nonexistent"},
    {"SSL_CERT_FILE": __file__},
]
BASE_URLS = ["https://xn--zzzzzz99999.com/api/v1", f"http://127.0.0.1:9/{'a/' * 40_000}api/v1"]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"DASHSCOPE_API_KEY": "sk-none", "DASHSCOPE_HTTP_BASE_URL": SERVICE, "XDG_DATA_HOME": str(tmp_path)}


@pytest.mark.parametrize("command", ["check --level metadata", "prepare --dry-run", "submit --dry-run"])
def test_what_reaches_no_network_works_without(run, fixtures: Path, env, command: str) -> None:
    all_wrong = {name: value for variables in ENVIRONMENTS for name, value in variables.items()}
    result = run(*command.split(), *JOB, cwd=fixtures, env=env | all_wrong)
    assert (result.status, result.err) == (0, "")


@pytest.mark.parametrize("variables", ENVIRONMENTS, ids=str)
def test_what_reaches_the_network_says_which_setting_is_wrong(
    refused, fixtures: Path, tmp_path: Path, env, variables: dict[str, str]
) -> None:
    (name,) = variables
    assert name in refused("submit", "--yes", *JOB, "--out", tmp_path, cwd=fixtures, env=env | variables)


def test_no_certificates_are_no_fault_of_the_output(refused, fixtures: Path, tmp_path: Path, env) -> None:
    said = refused("submit", "--yes", *JOB, "--out", tmp_path, cwd=fixtures, env=env | {"SSL_CERT_FILE": "/nonexistent"})
    assert "SSL_CERT_FILE" in said
    assert "results cannot be written" not in said


@pytest.mark.parametrize("url", BASE_URLS, ids=["host", "length"])
@pytest.mark.parametrize("how", [("--dry-run",), ("--yes", "--out", "out")], ids=["dry", "sent"])
def test_base_urls(refused, fixtures: Path, tmp_path: Path, env, url: str, how: tuple[str, ...]) -> None:
    job = [word.replace("image=", f"image={fixtures}/") for word in JOB]
    assert "base URL" in refused("submit", *how, *job, "--base-url", url, cwd=tmp_path, env=env)


def test_a_name_no_file_can_have_is_no_file_to_send(run, fixtures: Path, tmp_path: Path, env) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_text('{"model": "liveportrait", "image": "a\\u0000b.png", "audio": "v.wav"}')
    for how in (["--dry-run"], ["--yes", "--out", str(tmp_path)]):
        result = run("submit", "--force", *how, path, cwd=fixtures, env=env)
        assert result.status in (1, 2)


@pytest.mark.parametrize("command", ["check", "prepare --dry-run", "prepare --out out", "submit --dry-run", "submit --out out"])
def test_a_name_no_file_can_have_is_a_finding(run, tmp_path: Path, env, command: str) -> None:
    (tmp_path / "jobs.jsonl").write_text('{"model": "liveportrait", "image": "a\\u0000b.png", "audio": "v.wav"}')
    result = run(*command.split(), "jobs.jsonl", cwd=tmp_path, env=env)
    assert (result.status, result.err) == (1, "")
    assert "a\\x00b.png" in result.out


@pytest.mark.parametrize("value", ["1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "nan"])
def test_settings_that_json_does_not_know(refused, tmp_path: Path, env, value: str) -> None:
    config = tmp_path / "mediapreflight.toml"
    for text, key in (
        (f"level = {value}\n", "level"),
        (
            f'[[assets]]\nfiles = "*.png"\nmodel = "emo-v1"\nparameters.style_level = {value}\n',
            "assets[0].parameters.style_level",
        ),
        (f'[[pairs]]\nmodel = "emo-v1"\nimage = {value}\n', "pairs[0].image"),
    ):
        config.write_text(text)
        assert f": {key}: {'nan' if value == 'nan' else value[:4]}" in refused("check", cwd=tmp_path, env=env)


@pytest.mark.parametrize("format", ["text", "curl", "json"])
def test_an_id_that_would_run_in_a_shell(refused, tmp_path: Path, env, format: str) -> None:
    (tmp_path / "ours.toml").write_text('id = "a\\ntouch owned\\n\\u001b[31m"\nextends = "emo-v1"\n')
    (tmp_path / "mediapreflight.toml").write_text('catalog = ["ours.toml"]\nassets = [{files = "*.png", model = "emo-v1"}]\n')
    said = refused("submit", "--dry-run", "--output-format", format, cwd=tmp_path, env=env)
    assert said.startswith("ours.toml:1: id: 'a\\ntouch owned\\n\\x1b[31m' is no model id")
    (tmp_path / "jobs.jsonl").write_text('{"model": "a\\n\\u001b[31m"}')
    (tmp_path / "mediapreflight.toml").unlink()
    assert "'a\\n\\x1b[31m'" in refused("submit", "--dry-run", "jobs.jsonl", cwd=tmp_path, env=env)
    assert "'a\\n\\x1b[31m'" in refused("submit", "--dry-run", "--model", "a\n\x1b[31m", "x.png", cwd=tmp_path, env=env)


@pytest.mark.parametrize("command", ["check", "prepare --dry-run", "submit --dry-run", "submit --out out"])
@pytest.mark.parametrize("value", ["1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "nan", "-inf"])
def test_values_that_json_does_not_know(refused, tmp_path: Path, env, command: str, value: str) -> None:
    head = '[[jobs]]\nmodel = "emo-v1"\nimage = "a.png"\naudio = "v.wav"\n'
    for text, key in (
        (f"{head}[jobs.parameters]\nstyle_level = {value}\n", "parameters.style_level"),
        (f"{head}[jobs.parameters]\nx = [1, {{ y = {value} }}]\n", "parameters.x[1].y"),
        (f"{head}face_bbox = {value}\n", "face_bbox"),
    ):
        (tmp_path / "jobs.toml").write_text(text)
        assert refused(*command.split(), "jobs.toml", cwd=tmp_path, env=env).startswith(f"jobs.toml:1: {key}: ")
