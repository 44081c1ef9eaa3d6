"""Checks on Ray, for pipelines that run there: `check_dataset` takes a dataset of paths and returns one of rows (extra `ray`)."""

from __future__ import annotations

from .engines.ray import check_dataset, row_schema

__all__ = ["check_dataset", "row_schema"]
