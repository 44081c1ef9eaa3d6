# ruff: noqa: RUF001 - Chinese has its own marks
"""The language of what is said: by the environment, or by `--lang`; what programs read is the same in every one."""

import json
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"
JOB = ("--level", "decode", "--model", "videoretalk", FIXTURES / "video/fps-75.mp4", FIXTURES / "faults/false-length.mp3")
CHINESE = {"LANGUAGE": "zh"}


@pytest.mark.parametrize("place", [("--lang", "zh", "check"), ("check", "--lang=zh"), ("check", "--lang", "zh")])
def test_lang_is_taken_wherever_it_stands(run, place: tuple[str, ...]) -> None:
    said = run(*place, *JOB)
    assert said.status == 1
    assert "帧率为 75 fps；videoretalk 要求不超过 60 fps" in said.out
    assert "下一步: 转换为符合限制的恒定帧率" in said.out


def test_lang_goes_before_the_environment(run) -> None:
    english = run("check", *JOB)
    assert run("check", "--lang", "en", *JOB, env=CHINESE).out == english.out
    assert run("check", *JOB, env=CHINESE).out == run("check", "--lang", "zh", *JOB).out != english.out


@pytest.mark.parametrize("format", ["json", "jsonl", "sarif", "junit"])
def test_what_programs_read_is_english_byte_by_byte(run, format: str) -> None:
    written = [run("check", "--lang", language, "--output-format", format, *JOB).out for language in ("en", "zh")]
    assert written[0] == written[1]


def test_prepared_json_is_english(run, tmp_path: Path) -> None:
    shown = {}
    for language in ("en", "zh"):
        out = tmp_path / language
        shown[language] = run(
            "prepare", "--lang", language, "--out", out, "--model", "liveportrait", FIXTURES / "formats/rgb.png"
        ).out
        shown[language + "-kept"] = (out / "prepared.json").read_text(encoding="utf-8").replace(str(out), "")
    assert shown["en-kept"] == shown["zh-kept"]
    assert json.loads(shown["en-kept"])["jobs"][0]["findings"] is not None
    assert "作业" in shown["zh"]


def test_severities_and_codes_of_concise_lines_stay(run) -> None:
    (line, *_) = run("check", "--lang", "zh", "--output-format", "concise", *JOB).out.splitlines()
    assert line.endswith("fps-75.mp4: error VID003 video-side-too-short: 最短边为 96 px；videoretalk 要求不小于 640 px")


def test_help_and_mistakes_are_chinese(run) -> None:
    said = run("check", "--help", "--lang", "zh").out
    assert said.startswith("用法：mediapreflight check")
    assert max(map(_columns, said.splitlines())) <= 100
    assert run("chek", "--lang", "zh").err == "mediapreflight: 没有命令 'chek'；是否想输入 check？\n"
    assert run("check", "--lang", "zh", "--level", "x").err.startswith("mediapreflight: 参数 --level：无效的选择：'x'")
    assert run("check", "--lang", "zh", "a.png", "--model", "emo").err.startswith("mediapreflight: 未知模型 'emo'；")


def test_a_language_that_is_none_is_refused(run) -> None:
    assert "argument --lang: invalid choice: 'de'" in run("check", "--lang", "de", *JOB).err


def test_a_terminal_that_has_no_chinese_gets_it_escaped(process) -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    said = process("tasks", "--help", "--lang", "zh", env=plain)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("\\u7528\\u6cd5")


def test_a_page_says_its_language(run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run("check", "--lang", "zh", "--output", page, *JOB)
    text = page.read_text(encoding="utf-8")
    assert '<html lang="zh">' in text
    assert "2 个作业中有 2 个会被拒绝" in text


def test_english_needs_no_translations(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("mediapreflight.language.FOLDER", tmp_path)
    assert run("check", *JOB).status == 1
    with pytest.raises(FileNotFoundError):
        run("check", "--lang", "zh", *JOB)


def _columns(line: str) -> int:
    return sum(1 if each < "\u2e80" else 2 for each in line)
