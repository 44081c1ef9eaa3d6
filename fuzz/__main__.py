"""The command line of a campaign: `python -m fuzz --seconds 300 --jobs 2 --seed 7`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import campaign, seeds
from .targets import TARGETS

REGRESSIONS = Path(__file__).parent / "regressions"


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 where nothing was found, 1 where something was."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Mutated inputs for all that reads foreign data.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; none: all")
    parser.add_argument("--seconds", type=float, default=60.0, help="of all jobs together, shared out among the targets")
    parser.add_argument("--inputs", type=int, help="so many for each target, instead of a time")
    parser.add_argument("--rounds", type=int, help="so many rounds of each target, instead of a time: the same inputs anywhere")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--seed", default="0", help="the same seed gives the same inputs, in the same order")
    parser.add_argument("--out", type=Path, default=seeds.ROOT / "build" / "fuzz", help="where finds are written")
    options = parser.parse_args(arguments)
    names = options.targets or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"no target {', '.join(unknown)}")
    total = sum(TARGETS[name].share for name in names)
    if options.inputs or options.rounds:
        slices = [campaign.Slice(name, 3600.0, options.inputs or options.rounds * TARGETS[name].round) for name in names]
    else:
        time_in_all = options.seconds * options.jobs
        slices = [campaign.Slice(name, time_in_all * TARGETS[name].share / total) for name in names]
    print(f"seed {options.seed}", flush=True)
    outcomes = campaign.run(slices, jobs=options.jobs, seed=options.seed, out=options.out)
    finds = sum(len(outcome.finds) for outcome in outcomes)
    print(f"{sum(outcome.inputs for outcome in outcomes):,} inputs, {finds} finds")
    return int(finds > 0)


if __name__ == "__main__":
    sys.exit(main())
