"""Prints what mutmut found: a score for each module, then every mutant that lived with its difference."""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections import Counter
from pathlib import Path

LEAST_PERCENT = 90.0
# mutmut's exit codes: 1 and 3 a test failed, 0 none did, the signals and numbers of a time limit that ran out.
KILLED = {1, 3}
TIMED_OUT = {24, 36, 152, 255, -24, -9}


def outcome(code: int | None) -> str:
    """What became of one mutant."""
    if code in KILLED:
        return "killed"
    if code in TIMED_OUT:
        return "timed out"
    return "survived" if code == 0 else "no verdict"


def functions(source: str) -> dict[str, str]:
    """The text of each function of a file that mutmut wrote, by its whole name there."""
    starts = [*re.finditer(r"^( *)(?:async )?def ((?:x_|xǁ)\S+?__mutmut_\w+)\(", source, re.MULTILINE)]
    found = {}
    for start in starts:
        body = source[start.start() :]
        rest = re.search(rf"\n(?= {{0,{len(start[1])}}}[^\s)])", body)
        found[start[2]] = body[: rest.start()] if rest else body
    return found


def difference(known: dict[str, str], mutant: str) -> str:
    """What a mutant changes, in the form of `diff`, without its own name."""
    name = mutant.rpartition(".")[2]
    stem = name.partition("__mutmut_")[0]
    before, after = (known[key].replace(key, stem).rstrip().splitlines() for key in (f"{stem}__mutmut_orig", name))
    changed = difflib.unified_diff(before, after, lineterm="", n=0)
    return "\n".join(
        f"    {line[0]} {line[1:].strip()}" for line in changed if line[:3] not in ("---", "+++") and line[0] in "+-"
    )


def main(folder: str) -> int:
    results = {
        path: json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"] for path in sorted(Path(folder).rglob("*.py.meta"))
    }
    results = {path: codes for path, codes in results.items() if codes}
    if not results:
        sys.exit(f"{folder}: mutmut made no mutant")
    worst, living = 100.0, []
    print("| module | mutants | killed | timed out | survived | no verdict | score |\n|---|---|---|---|---|---|---|")
    for path, codes in results.items():
        counts = Counter(map(outcome, codes.values()))
        score = 100 * (counts["killed"] + counts["timed out"]) / len(codes)
        worst = min(worst, score)
        figures = (len(codes), *(counts[name] for name in ("killed", "timed out", "survived", "no verdict")))
        module = path.relative_to(folder).with_suffix("").as_posix()
        print(f"| `{module}` | {' | '.join(map(str, figures))} | {score:.1f} % |")
        known = functions(path.with_suffix("").read_text(encoding="utf-8"))
        living += [
            f"{mutant}: {outcome(code)}\n{difference(known, mutant)}"
            for mutant, code in codes.items()
            if outcome(code) not in ("killed", "timed out")
        ]
    print("", *living, sep="\n")
    return int(worst < LEAST_PERCENT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
