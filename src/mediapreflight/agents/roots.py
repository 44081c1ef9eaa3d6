"""The folders whose files calls may use. Every path that leads out of them is refused, however it is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..catalog import Model
from ..errors import UsageError
from ..job import Job, is_url, revised
from ..language import say
from ..media.data_url import is_data_url
from ..media.source import display_name, is_remote, local_path
from ..text import enumerated


class Roots:
    """Folders, the first of which relative paths count from.

    All links of a path are resolved before it is compared, and the resolved path is what is opened later.

    Args:
        folders: if empty, the current folder.

    Raises UsageError for a path that is not a folder, and if the default would be the root of the file system: some clients start
    servers there.
    """

    def __init__(self, folders: Sequence[str] = ()) -> None:
        if not folders and Path.cwd() == Path(Path.cwd().anchor):
            raise UsageError(
                say("the current folder is the root of the file system; name the folders for agents with --root DIR")
            )
        for folder in folders:
            if not Path(folder).is_dir():
                raise UsageError(say("--root {folder}: is not a folder", folder=display_name(folder)))
        self.folders = tuple(Path(folder).resolve() for folder in folders or (os.curdir,))
        self._drives = {folder.drive for folder in self.folders}

    def file(self, text: str) -> str:
        """The absolute path of a file that a call names, or its `data:` URL. Raises UsageError for one outside, and for a URL."""
        if is_data_url(text):
            return text
        if is_url(text):
            raise UsageError(say("{path}: is a URL; this tool reads only local files", path=display_name(text)))
        return self.path(text)

    def path(self, text: str) -> str:
        """The same for a path or a `file:` URL that need not exist yet."""
        if is_remote(text):
            raise UsageError(say("{path}: files in object stores are outside of the folders for agents", path=display_name(text)))
        try:
            named = self.folders[0] / local_path(text)
            # On Windows, resolving a network path already connects to its host.
            place = named.resolve() if named.drive in self._drives else named
        except (ValueError, OSError, RuntimeError):
            # A NUL, half of a surrogate pair, or a loop of links.
            raise UsageError(say("{path}: is not a valid path", path=display_name(text))) from None
        if named.drive not in self._drives or not any(map(place.is_relative_to, self.folders)):
            shown = enumerated(display_name(str(folder)) for folder in self.folders)
            raise UsageError(
                say("{path}: is outside of {folders}; --root DIR allows more", path=display_name(text), folders=shown)
            )
        return str(place)

    def job(self, job: Job, model: Model) -> Job:
        """The job with absolute paths.

        URLs are unchanged, because the service fetches them. Raises UsageError for a file outside.
        """
        inputs = dict(job.inputs)
        for name in model.roles:
            value = inputs.get(name)
            if isinstance(value, str) and value and not is_url(value):
                inputs[name] = self.file(value)
        return revised(job, inputs=inputs)
