"""`python -m mediapreflight`."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from .cli import main

        sys.exit(main())
    except KeyboardInterrupt:
        # The exit status that `main` returns, before `main` is loaded.
        sys.exit(130)
