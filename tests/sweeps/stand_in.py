"""The stand-in service as a process: `stand_in.py SECONDS_PER_TASK [still]`. It prints its base URL; it ends with its input.

Every task's video is the same small file, so that what is measured is the client and not the making of videos. With `still` its
clock moves only when it is told to, and its rate limits go by that clock: what takes hours takes moments then, and a client that
keeps to the limits by its own clock is measured exactly.
"""

import shutil
import sys
from pathlib import Path

from mediapreflight import probe
from mediapreflight.emulator import Emulator, state, videos
from mediapreflight.emulator.state import RateLimits

START = 1_800_000_000.0
FIXTURES = Path(__file__).parents[2] / "fixtures"
VIDEO = FIXTURES / "talking-head.mp4"


class StillLimits(RateLimits):
    """The limits by the service's own clock."""

    def __init__(self, clock: state.Clock) -> None:
        super().__init__()
        self._clock = clock

    def enter(self, name: str, per_second: float, now: float) -> None:
        super().enter(name, per_second, self._clock.now())


def main(seconds: float, still: bool) -> None:
    videos.render = lambda task, target, containment: shutil.copyfile(VIDEO, target)
    # What looks at pictures loads now: on a busy machine the first call would take longer than a client in a hurry looks for it.
    probe(FIXTURES / "portrait.jpg")
    service = Emulator(seconds_per_task=seconds, detection="assume", **({"clock": lambda: START} if still else {}))
    if still:
        service._memory.rates = StillLimits(service._clock)
    with service:
        print(service.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(float(sys.argv[1]), "still" in sys.argv[2:])
