"""Findings to plan to files: the least change that makes a file fit.

for each in plan(job):
    print(each.to_dict())                 # what would be done; this same object is run
ready = prepare(job, out="ready")         # Prepared: .job, .steps; the files are in ready/

May import: _version, catalog, check, errors, findings, job, language, media, named_files, output_folder, people, rules, system,
text, workers.
"""
