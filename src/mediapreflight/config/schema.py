"""The keys of a configuration."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ..media.facts import Level

Glob = Annotated[str, Meta(min_length=1, description="a glob as in .gitignore, counted from the configuration's folder")]
Globs = Glob | Annotated[tuple[Glob, ...], Meta(min_length=1)]
RuleNames = tuple[Annotated[str, Meta(description="a rule's code, a prefix of codes, its name, or ALL")], ...]


class Assets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that are checked one by one.

    `role`: their input; without it, the kind of each file decides.
    """

    files: Globs
    model: str
    role: str | None = None
    parameters: dict[str, Any] = {}


class Pairs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that are combined into whole jobs.

    `inputs`: by name, globs for files that differ from job to job; or a path without wildcards, a URL or a value that is the same
    in each job. In the file these keys are next to the others: `image = "portraits/*.png"`. `by`: what the files of one job have
    in common below the fixed part of the globs: their path without the extension, or their folder.
    """

    model: str
    inputs: dict[str, Any]
    by: Literal["stem", "folder"] = "stem"
    parameters: dict[str, Any] = {}


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The whole configuration. All keys are optional."""

    select: Annotated[RuleNames, Meta(description="the rules that are applied")] = ("ALL",)
    ignore: Annotated[RuleNames, Meta(description="rules that are not applied")] = ()
    preview: Annotated[bool, Meta(description="also run rules that are new in this release")] = False
    level: Annotated[Level, Meta(description="how much of each file is read")] = "content"
    strict: Annotated[bool, Meta(description="warnings fail too")] = False
    catalog: Annotated[tuple[str, ...], Meta(description="TOML files of models, new ones or changes to known ones")] = ()
    exclude: Annotated[tuple[Glob, ...], Meta(description="files and folders that are never assets")] = ()
    respect_gitignore: Annotated[bool, Meta(description="whether files that .gitignore names are left out")] = True
    assets: Annotated[tuple[Assets, ...], Meta(description="files that are checked each by itself")] = ()
    pairs: Annotated[tuple[Pairs, ...], Meta(description="files that are joined into whole jobs")] = ()
    per_file_ignores: Annotated[dict[Glob, RuleNames], Meta(description="rules that are not applied to some files")] = {}
