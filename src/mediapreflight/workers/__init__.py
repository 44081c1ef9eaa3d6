"""Work in separate processes: the pool of this Python process (`processes`), and the limits of what they can do (`confinement`).

May import: errors, language, system.
"""

from __future__ import annotations

import importlib
import sys


def load_msgspec() -> None:
    """Load msgspec without typing_extensions, which it imports if installed; `typing` has the same names.

    Only for a new worker process, in which no other thread can need the module meanwhile.
    """
    name = "typing_extensions"
    if name in sys.modules or "msgspec" in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        importlib.import_module("msgspec")
    finally:
        del sys.modules[name]
