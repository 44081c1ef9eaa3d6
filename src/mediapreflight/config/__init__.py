"""A project's configuration: which files are assets, of which model, and how they are judged.

It is in `mediapreflight.toml`, with keys at the top level, or in `[tool.mediapreflight]` of `pyproject.toml`. The nearest one
above a target is used alone: nothing is merged. Globs are written as in `.gitignore` and are relative to its folder.

`discovery` finds it and `files` walks folders, which costs a few calls of the system; `loading` reads and validates it, and
`project` turns it into jobs, which are imported only where there is a configuration.

May import: catalog, check, errors, findings, job, language, media, named_files, rules, system,
text.
"""
