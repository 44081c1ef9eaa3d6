"""The real command line, with its waits cut short where no option does that; `--poll-interval` is an option.

`HURRIED_LOUD` lets every library log all it has to say; `HURRIED_MOST_BYTES` is as much as any file may grow to.
"""

import functools
import logging
import os
import sys

from mediapreflight.cli import main
from mediapreflight.submit import session

# The looks at the task list after a lost answer stay late enough for a service on a busy machine.
session.Pace = functools.partial(  # type: ignore[misc]
    session.Pace, attempts=4, first_backoff=0.02, settle=(0.2, 0.5, 1.0, 3.0), settle_time=6.0, queue_interval=0.05
)

if __name__ == "__main__":
    if "HURRIED_LOUD" in os.environ:
        logging.basicConfig(level=logging.DEBUG)
    if "HURRIED_MOST_BYTES" in os.environ:
        import resource

        most = int(os.environ["HURRIED_MOST_BYTES"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    sys.exit(main())
