"""Coverage-guided fuzzing of the parsers written in Python, with atheris: `python -m fuzz.guided --seconds 300`.

libFuzzer keeps every input that reaches code no other reached, and mutates those further: its own mutations and ours in turn.
Native libraries give it no coverage; they are left to the mutation fuzzer (`python -m fuzz`).
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import campaign, seeds
from .targets import TARGETS
from .worker import Find, attempt, save

GUIDED = (
    *("headers", "heif", "answers", "urls", "emulator-call", "catalog", "provider", "interval", "config", "pyproject"),
    *("jobs-toml", "jobs-jsonl", "jobs-csv", "jobs-prepared"),
)
_HANG_S, _MOST_MB = 10, 2000
_MOST_BYTES = 65_536
_OWN_SHARE = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 where nothing was found, 1 where something was."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.guided", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(GUIDED)}; none: all")
    parser.add_argument("--seconds", type=float, default=60.0, help="of all targets together")
    parser.add_argument("--seed", type=int, default=1, help="for libFuzzer; not 0, which stands for any")
    parser.add_argument("--out", type=Path, default=seeds.ROOT / "build" / "fuzz", help="where finds are written")
    options = parser.parse_args(arguments)
    names = options.targets or list(GUIDED)
    if unknown := [name for name in names if name not in GUIDED]:
        parser.error(f"no guided target {', '.join(unknown)}")
    total = sum(TARGETS[name].share for name in names)
    inputs = finds = 0
    for name in names:
        outcome = _guided(name, options.seconds * TARGETS[name].share / total, options.seed, options.out)
        inputs, finds = inputs + outcome[0], finds + outcome[1]
    print(f"{inputs:,} inputs, {finds} finds")
    return int(finds > 0)


def _guided(name: str, seconds: float, seed: int, out: Path) -> tuple[int, int]:
    """Inputs and finds of one target."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        corpus = folder / "corpus"
        corpus.mkdir()
        for number, data in enumerate(TARGETS[name].seeds()):
            if len(data) <= _MOST_BYTES:
                (corpus / f"{number:04}").write_bytes(data)
        found = folder / "found"
        limits = [f"-timeout={_HANG_S}", f"-rss_limit_mb={_MOST_MB}", f"-max_len={_MOST_BYTES}"]
        options = [f"-max_total_time={max(1, round(seconds))}", f"-seed={seed}", f"-artifact_prefix={folder}/artifact-", *limits]
        command = [sys.executable, "-m", "fuzz.guided", "--child", name, str(found), *options, "-print_final_stats=1"]
        environment = campaign.environment(folder)
        done = subprocess.run(
            [*command, str(corpus)],
            cwd=seeds.ROOT,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        executed = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
        coverage = re.findall(r"cov: (\d+)", done.stderr)
        inputs = int(executed[1]) if executed else 0
        artifacts = [*found.rglob("exception-*"), *folder.glob("artifact-*")]
        for path in artifacts:
            (out / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, out / name / path.name)
        finds = sum(path.suffix != ".txt" for path in artifacts)
        edges = f"{coverage[0]} to {coverage[-1]} edges" if coverage else "no coverage"
        print(f"{name:16} {inputs:>9,} inputs {seconds:>7.1f} s  {edges}  {finds} finds", flush=True)
        if not executed or done.returncode != 0:
            print(done.stderr[-2000:], flush=True)
        return inputs, finds + (0 if executed else 1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def child(name: str, found: Path, options: list[str]) -> None:
    """The process that libFuzzer runs in. It goes on after an exception: there may be others behind."""
    import atheris

    with atheris.instrument_imports(include=["mediapreflight"]):
        import mediapreflight.catalog
        import mediapreflight.check.run
        import mediapreflight.config.loading
        import mediapreflight.emulator.calls
        import mediapreflight.job_files
        import mediapreflight.media.image.headers
        import mediapreflight.media.image.heif_items
        import mediapreflight.media.parsers.matroska
        import mediapreflight.media.parsers.riff
        import mediapreflight.media.sniff
        import mediapreflight.rules
        import mediapreflight.submit.dashscope.answers
        import mediapreflight.submit.inputs  # noqa: F401
    target = TARGETS[name]
    corpus = [data for data in target.seeds() if len(data) <= _MOST_BYTES]
    known: set[str] = set()

    def one(data: bytes) -> None:
        find: Find | None = attempt(target.run, data)
        if find is not None and find.signature not in known:
            known.add(find.signature)
            save(find, data, found, name)

    def changed(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < _OWN_SHARE:
            return target.mutate(data, rng, corpus)[:most]
        mutated: bytes = atheris.Mutate(data, most)
        return mutated

    atheris.Setup([sys.argv[0], *options], one, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
    else:
        sys.exit(main())
