"""`mediapreflight emulator`: run a stand-in for the service on this machine, for pipelines and tests that must not cost
anything."""

from __future__ import annotations

import argparse
import math
import sys
import threading

from ..emulator.faults import AT_STEPS, EVERYWHERE, STEPS, parse_fault
from ..language import say, tr, translated
from ..media.libraries import ensure_faces
from ..system import settings_text, told_to_stop, wait_for
from . import OK
from .arguments import port


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `emulator`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _faults()
    parser.add_argument(
        "--port",
        type=port,
        default=0,
        metavar="N",
        help=tr("port on 127.0.0.1; default: any free one"),
    )
    parser.add_argument(
        "--seconds-per-task",
        type=_seconds,
        default=5.0,
        metavar="S",
        help=tr("how long a task takes; default: 5"),
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="STEP:FAULT[:TIMES]",
        help=tr("a fault to make (see below); may be repeated"),
    )
    parser.add_argument("--api-key", metavar="KEY", help=tr("the only API key it takes; default: any"))
    parser.add_argument(
        "--detection",
        choices=("look", "assume"),
        default="look",
        help=tr("look for faces and bodies in pictures, or accept every picture; default: look"),
    )


def run(options: argparse.Namespace) -> int:
    """Print the settings for a client, and serve until interrupted. Interrupting is the normal end, so the status is 0."""
    from ..emulator.service import Emulator

    if options.detection == "look":
        ensure_faces(say("--detection look needs it; --detection assume does not"))
    faults = [parse_fault(text) for text in options.fault]
    service = Emulator(options.port, options.seconds_per_task, api_key=options.api_key, detection=options.detection)
    for fault in faults:
        service.fail(*fault)
    stop = threading.Event()
    with told_to_stop(stop.set), service:
        print(settings_text(service.environment), flush=True)
        print(tr("listening until Ctrl-C; nothing is sent anywhere, nothing is billed"), file=sys.stderr)
        wait_for(stop)
    return OK


def _faults() -> str:
    everywhere = (f"  {name:<8} {translated(what)}" for name, what in EVERYWHERE.items())
    some = (
        f"  {name:<8} " + tr("{what} ({steps} only)", what=what, steps=", ".join(steps))
        for name, (steps, what) in AT_STEPS.items()
    )
    accounts = tr("API keys: NAME.ANYTHING belongs to an account called NAME, all others to one account")
    return "\n".join([tr("steps: {steps}", steps=", ".join(STEPS)), tr("faults:"), *everywhere, *some, accounts])


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(tr("{text!r} is not a number of seconds", text=text))
    return seconds
