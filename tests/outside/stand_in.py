"""The stand-in service as a process of its own, and what can be asked of it."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

SERVICE = Path(__file__).with_name("service.py")

KEY_A, KEY_A2, KEY_B = "sk-outsidea1-3f9c2a7b51d84e06", "sk-outsidea2-88d0b6e1c94f4a27", "sk-outsideb1-d51e7c0a6b3f4982"
"""Two keys of one account, and one of another."""


class StandIn:
    """`base_url` is what DASHSCOPE_HTTP_BASE_URL takes."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen([sys.executable, SERVICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.base_url, control = (self._process.stdout.readline().strip() for _ in range(2))
        self._control = httpx.Client(base_url=control, trust_env=False, verify=False, timeout=30)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._control.close()
        self._process.communicate()

    def ask(self, method: str, path: str, order: Any = None) -> Any:
        answer = self._control.request(method, path, json=order)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rules(self, **rules: Any) -> None:
        self.ask("POST", "/rules", rules)

    def fault(self, step: str, **fault: Any) -> None:
        self.ask("POST", "/faults", {"step": step, **fault})

    def reset(self) -> None:
        """Be as at first: no tasks, no files, no log, no faults."""
        self.ask("POST", "/reset")

    def recover(self) -> None:
        """Forget all faults."""
        self.ask("DELETE", "/faults")

    def log(self, step: str = "") -> list[dict[str, Any]]:
        return [entry for entry in self.ask("GET", "/log") if step in ("", entry["step"])]

    def tasks(self, job: str = "") -> list[dict[str, Any]]:
        """The tasks that were made; of colleagues only where `job` is `colleague`."""
        return [task for task in self.ask("GET", "/tasks") if (task["job"] == job if job else task["job"] != "colleague")]

    def files(self) -> list[dict[str, Any]]:
        """What was uploaded: sha256 and the model it was asked for."""
        return list(self.ask("GET", "/files"))

    def keys_elsewhere(self) -> list[str]:
        """Where a key stood that is not the Authorization header of a call of the API."""
        return [f"{entry['host']}: {place}" for entry in self.log() for place in entry.get("keys_elsewhere", ())]

    def creates(self) -> Counter[str]:
        """By job, how many create calls made a task, or left open whether they did."""
        return Counter(entry["job"] for entry in self.log("create") if entry["may_have_made"])
