import json

import pytest

from mediapreflight.rules import RULES


def test_table_names_every_rule(run) -> None:
    result = run("rule")
    assert (result.status, result.err) == (0, "")
    assert [line.split()[0] for line in result.out.splitlines()] == list(RULES)
    levels = {line.split()[2] for line in result.out.splitlines()}
    assert levels <= {"metadata", "decode", "content"}


@pytest.mark.parametrize("selector", ["VID007", "vid007", "video-frame-rate-too-high", "VIDEO-FRAME-RATE-TOO-HIGH"])
def test_page(run, selector: str) -> None:
    out = run("rule", selector).out
    assert out.startswith("VID007 video-frame-rate-too-high\nfound at level metadata; `prepare` can fix it; stable\n")
    assert "\nWhy it matters: " in out
    assert "\nFix: " in out
    lines = out.partition("\nLimits\n")[2].splitlines()
    assert [line.split() for line in lines if "videoretalk" in line] == [
        ["videoretalk", "video", "15", "to", "60", "fps", "[videoretalk-api,", "en,", "undated]"]
    ]


def test_stage_is_shown(run) -> None:
    lines = run("rule").out.splitlines()
    assert [line.split()[3] for line in lines] == [rule.stage for rule in RULES.values()]
    assert run("rule", "FILE014").out.splitlines()[1].endswith("; in preview: it runs only with --preview")


@pytest.mark.every("rule", RULES.values())
def test_every_page_reads_well(rule, run) -> None:
    out = run("rule", rule.code).out
    assert out.startswith(f"{rule.code} {rule.name}\n")
    assert "None" not in out
    assert all(line == line.rstrip() for line in out.splitlines())
    assert ("\nLimits\n" in out) == (rule.limit is not None)


def test_prefix_gives_the_table_of_a_group(run) -> None:
    out = run("rule", "AUD").out
    assert [line.split()[0] for line in out.splitlines()] == [code for code in RULES if code.startswith("AUD")]


def test_json(run) -> None:
    records = json.loads(run("rule", "--output-format", "json").out)
    assert [record["code"] for record in records] == list(RULES)
    assert {"code", "name", "stage", "level", "fixable", "summary", "help"} <= set(records[0])
    (record,) = json.loads(run("rule", "IMG006", "--output-format", "json").out)
    assert (record["name"], record["fixable"]) == ("image-side-too-long", True)
    assert record["help"].startswith(record["summary"])


def test_unknown(refused) -> None:
    assert refused("rule", "image-side-to-long").startswith("unknown rule 'image-side-to-long'; did you mean image-side-too-long")
    assert refused("rule", "xyzzy") == "unknown rule 'xyzzy'"
    assert refused("rule", "").startswith("unknown rule ''")
