"""The client of a small API, as a team writes one by hand."""

import json
import urllib.request
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """Where the water goes."""

    RISING = "rising"
    FALLING = "falling"


@dataclass(frozen=True)
class Tide:
    """The tide of a harbor."""

    harbor: str
    phase: Phase
    centimeters: int


class TidesClient:
    """Calls the API at a URL."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.url, self.headers = url, headers

    def get_tide(self, harbor: str) -> Tide:
        """The tide of one harbor."""
        found = self._get(f"/tides/{harbor}")
        return Tide(found["harbor"], Phase(found["phase"]), int(found["centimeters"]))

    def list_harbors(self) -> list[str]:
        """The names of all harbors."""
        return [str(name) for name in self._get("/harbors")]

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(self.url + path, headers=self.headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)
