"""Findings to plan to files: the least change that makes a file fit.

for each in plan(job):
    print(each.to_dict())                 # what would be done; this very object is what runs
ready = prepare(job, out="ready")         # Prepared: .job, .steps; the files lie in ready/
"""

from __future__ import annotations

from .execute import Prepared, prepare, prepare_jobs
from .options import PrepareOptions
from .plan import JobPlan, plan

__all__ = ["JobPlan", "PrepareOptions", "Prepared", "plan", "prepare", "prepare_jobs"]
