"""Work in processes of their own: the one pool of this Python process (`processes`), and what they may do (`confinement`).

May import: errors, language, system.
"""

from __future__ import annotations

import importlib
import sys


def load_msgspec() -> None:
    """Load msgspec without typing_extensions: it prefers that where it is installed, but takes the same from `typing`.

    Only for a process of our own in which nothing else runs yet that could look for the module meanwhile.
    """
    name = "typing_extensions"
    if name in sys.modules or "msgspec" in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        importlib.import_module("msgspec")
    finally:
        del sys.modules[name]
