"""`prepared.json`: what was done to each file. With it, boxes and times can be mapped back to the sources, and a second run finds
the files of the first."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from ..findings import Finding
from ..language import say
from ..media.facts import Facts

NAME = "prepared.json"
SCHEMA: Literal["mediapreflight.prepared/1"] = "mediapreflight.prepared/1"


class StepRecord(Struct, frozen=True, kw_only=True):
    """One step that was carried out."""

    name: str
    detail: str
    reason: str = ""


class PreparedInput(Struct, frozen=True, kw_only=True):
    """One file: where it came from and where it is now. Hashes are SHA-256, hexadecimal."""

    source: str
    source_sha256: str
    path: str
    sha256: str
    steps: tuple[StepRecord, ...]
    before: Facts
    after: Facts


class PreparedJob(Struct, frozen=True, kw_only=True):
    """One job.

    `ok`: every file fits now. `fields`: the values that are not files, with boxes computed for the prepared picture. `face`: the
    number of the chosen face, if the prepared picture shows several. `part`: of a split recording, from 1.
    """

    model: str
    ok: bool
    parameters: dict[str, Any]
    fields: dict[str, Any]
    inputs: dict[str, PreparedInput]
    findings: tuple[Finding, ...]
    urls: dict[str, str] = {}
    region: str | None = None
    face: int | None = None
    part: int | None = None
    error: str | None = None


class PreparedDocument(Struct, frozen=True, kw_only=True):
    """The whole file."""

    schema: Literal["mediapreflight.prepared/1"]
    version: str
    ok: bool
    jobs: tuple[PreparedJob, ...]


def read_document(text: str | bytes) -> PreparedDocument:
    """The document in a JSON text. Raises ValueError, with the reason, if it is not one."""
    try:
        return msgspec.json.decode(text, type=PreparedDocument)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError(say("is nested too deeply")) from None
