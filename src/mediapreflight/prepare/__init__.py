"""Findings to plan to files: the least change that makes a file fit.

for each in plan(job):
    print(each.to_dict())                 # what would be done; this very object is what runs
ready = prepare(job, out="ready")         # Prepared: .job, .steps; the files lie in ready/

May import: _version, catalog, check, errors, findings, job, media, named_files, output_folder, people, rules, system,
text, workers.
"""
