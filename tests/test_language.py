# ruff: noqa: RUF001 - Chinese has its own marks
"""What is said is said in Chinese too, wholly; and what programs read stays English."""

import argparse
import ast
import gettext
import importlib.util
import re
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract
from babel.messages.mofile import read_mo

from mediapreflight import errors
from mediapreflight.catalog import builtin_catalog
from mediapreflight.language import DETAILS, LANGUAGES, language_of, say, say_many, speaking, spoken, tr, tr_many, translated
from mediapreflight.media.formats import FORMATS

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "src" / "mediapreflight" / "locale"


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "scripts" / "messages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


messages = _script()
TRANSLATED = {message.id: message for message in messages.translations(messages.CATALOG) if message.id}


def placeholders(template: str) -> set[str]:
    return {f"{name}!{conversion}:{spec}" for _, name, spec, conversion in string.Formatter().parse(template) if name is not None}


def templates_of(message: Any) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def chinese_of(message: Any) -> str:
    return message.string[0] if isinstance(message.string, tuple) else message.string


# --- the catalog


def test_everything_that_is_said_has_a_translation_and_nothing_else_has() -> None:
    said = {message.id for message in messages.extracted() if message.id}
    assert said - TRANSLATED.keys() == set(), "not in the catalog: run scripts/messages.py"
    assert TRANSLATED.keys() - said == set(), "said nowhere: run scripts/messages.py"
    assert [message.id for message in TRANSLATED.values() if not chinese_of(message)] == [], "not translated"


def _sentences(node: ast.expr) -> list[str]:
    """The texts written in an expression outside of what says them: with a space in them, so that they are no names."""
    if isinstance(node, ast.Call):
        return []
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and " " in node.value.strip() else []
    if isinstance(node, ast.JoinedStr):
        written = "".join(part.value for part in node.values if isinstance(part, ast.Constant) and isinstance(part.value, str))
        return [ast.unparse(node)] if re.search("[a-z]{2} | [a-z]{2}", written) else []
    if isinstance(node, ast.IfExp):
        return [*_sentences(node.body), *_sentences(node.orelse)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _sentences(value)]
    return [*_sentences(node.left), *_sentences(node.right)] if isinstance(node, ast.BinOp) else []


def test_what_people_read_is_said() -> None:
    """Findings, errors and the help of options: none is a bare text. `media` and the emulator speak English only."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"Fault", "Finding", "_error", "wrong"}
    bare = []
    for path in sorted(messages.PACKAGE.rglob("*.py")):
        room = path.relative_to(messages.PACKAGE).parts[0]
        if room in ("media", "emulator"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            read = [each.value for each in node.keywords if each.arg in ("message", "help", "reason", "detail", "description")]
            if called in kinds:
                read += node.args
            elif called not in ("add_argument", "add_argument_group", "add_parser", "add", "too_low", "too_high", "not_among"):
                continue
            bare += [f"{path.name}:{node.lineno}: {text}" for each in read for text in _sentences(each)]
    assert bare == []


def test_a_translation_has_the_values_of_its_template() -> None:
    wrong = [
        message.id
        for message in TRANSLATED.values()
        if placeholders(chinese_of(message)) != placeholders(templates_of(message)[-1])
    ]
    assert wrong == []


@pytest.mark.parametrize("path", sorted(LOCALE.rglob("*.po")), ids=lambda path: path.stem)
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    written = [message for message in messages.translations(path) if message.id]
    with path.with_suffix(".mo").open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert [message.id for message in written if _read(read, templates_of(message)) != chinese_of(message)] == []
    with path.with_suffix(".mo").open("rb") as file:
        # The head counts, too.
        assert len(read_mo(file)) == len(written)


def _read(catalog: gettext.GNUTranslations, templates: tuple[str, ...]) -> str:
    return catalog.gettext(*templates) if len(templates) == 1 else catalog.ngettext(*templates, 1)


def test_no_name_that_stays_is_a_message() -> None:
    # Names stand in messages as values; where one were a message of its own, it would be translated there.
    models = tuple(builtin_catalog().models())
    names = {name for model in models for name in (model.id, *model.roles, *model.fields, *model.parameters, *model.regions)}
    names |= {*FORMATS, "image", "video", "audio", "metadata", "decode", "content"}
    messages_in_parts = {part for message in TRANSLATED for part in ((message,) if isinstance(message, str) else message)}
    assert names & messages_in_parts == set()


def test_argparse_has_its_words() -> None:
    known = {message.id for message in messages.translations(LOCALE / "zh" / "LC_MESSAGES" / "argparse.po")}
    with Path(argparse.__file__).open("rb") as file:
        words = {message for _, message, _, _ in extract("python", file, keywords={"_": None, "ngettext": (1, 2)})}
    assert words - known == set()


# --- saying


def test_english_is_said_as_it_is_written() -> None:
    with speaking("en"):
        assert (spoken(), tr("up to {number}", number=3), translated("anything")) == ("en", "up to 3", "anything")
        assert [tr_many("{count} file", "{count} files", count) for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_a_sentence_is_english_and_is_translated_where_it_is_shown() -> None:
    with speaking("zh"):
        sentence = say("{model} takes {allows}", model="emo-v1", allows=say("up to {number}", number="60"))
        assert (type(sentence), sentence) == (str, "emo-v1 takes up to 60")
        assert (spoken(), translated(sentence)) == ("zh", "emo-v1 要求不超过 60")
        assert translated(say_many("{count} file", "{count} files", 1)) == "1 个文件"
    assert translated(sentence) == sentence


def test_chinese_words_that_meet_in_a_sentence_have_no_space_between_them() -> None:
    with speaking("zh"):
        assert tr("{names} or {last}", names="半身", last="全身") == "半身或全身"
        assert tr("{names} or {last}", names="jpeg", last="png") == "jpeg 或 png"
        assert tr("{names} or {last}", names="jpeg", last="全 身") == "jpeg 或全 身"


def test_a_value_is_formatted_as_in_english() -> None:
    with speaking("zh"):
        assert tr("trim it to start at {later:.1f} s", later=1.25) == "从 1.2 s 开始截取"
        assert tr("{model} has no parameter {name!r}{close}", model="m", name="a'b", close="") == 'm 没有参数 "a\'b"'


def test_what_was_said_before_is_translated_where_it_has_no_values() -> None:
    # As what a cache remembers, and what a module says when it is loaded.
    fixed, other = say("is empty"), say("up to {number}", number=5)
    with speaking("zh"):
        assert (translated(fixed), translated(other), translated("")) == ("是空文件", other, "")


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("its index lists 10 frames, but only 3 are there", "索引标称 10 帧，实际有 3 帧"),
        (
            "its last frame has 3 of 10 bytes; all sound before it is whole",
            "最后一帧应有 10 字节，只有 3 字节；此前的声音都完整",
        ),
        ("my file of 3 bytes.jpg", "my file of 3 bytes.jpg"),
    ],
)
def test_a_detail_of_a_file_is_translated_with_its_figures_wherever_it_was_said(detail: str, said: str) -> None:
    with speaking("zh"):
        assert translated(detail) == said
    assert translated(detail) == detail


def test_details_are_those_that_are_said_of_files() -> None:
    rooms = [path for room in ("media", "people", "workers") for path in (messages.PACKAGE / room).rglob("*.py")]
    nodes = (node for path in rooms for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    written = "\n".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    details = tomllib.loads((LOCALE / "zh" / DETAILS).read_text(encoding="utf-8"))
    assert len(details) > 50
    for english, chinese in details.items():
        assert set(re.findall(r"{\d}", english)) == set(re.findall(r"{\d}", chinese))
        assert [part for part in re.split(r"{\d}|, |; |picture|sound|1", english) if part.strip() not in written] == []


def test_an_error_is_not_kept_alive() -> None:
    with speaking("zh"):
        error = ValueError(say("is empty"))
        sentence = say("cannot be planned here: {error}", error=error)
        assert translated(sentence) == "此处无法制定方案：是空文件"


def test_a_sentence_that_is_its_own_value_is_itself() -> None:
    with speaking("zh"):
        assert tr("{name}{name2}", name="only", name2="") == "only"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh_TW.Big5@x"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:zh_CN"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "C:zh"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": ""}, "zh"),
    ],
)
def test_the_environment_is_read_as_gettext_reads_it(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_every_language_but_english_has_a_catalog() -> None:
    assert {path.name for path in LOCALE.iterdir()} == set(LANGUAGES) - {"en"}
