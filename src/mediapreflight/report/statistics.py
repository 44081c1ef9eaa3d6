"""How often each rule fired, most often first."""

from __future__ import annotations

from collections.abc import Mapping


def table(counts: Mapping[tuple[str, str], int]) -> str:
    """A line per rule, from counts by code and name."""
    width = len(str(max(counts.values(), default=0)))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"{count:>{width}}  {code}  {name}\n" for (code, name), count in ordered)
