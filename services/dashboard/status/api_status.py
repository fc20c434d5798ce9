"""Asks the api which models it serves, since when, and how good they were on their test sets."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import requests

from petalstream.printable import printable
from services.dashboard.snapshot import Condition, Part, Quality

SECONDS = 3.0
CONNECT_SECONDS, RESPONSE_SECONDS = 1, 3
# What an unchanged version's history says may change all the same: the model was unloaded and loaded.
AGAIN_SECONDS = 15.0
# What reading a response raises that is not one of the api.
MALFORMED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class ModelFacts:
    """What the api says of a model; `since` is in seconds since 1970, and what it does not say is None or empty."""

    title: str = ""
    version: str | None = None
    since: float | None = None
    moved_by: str = ""
    test_quality: Quality | None = None
    asked_at: float = 0.0


class ApiStatus:
    """Has the newest `models` by name, and the api as a part of the stack."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", **headers})
        # A proxy that the environment names is not for the stack's own network.
        self._session.trust_env = False
        self.part = Part("API", Condition.UNKNOWN, "not known yet")
        self.models: dict[str, ModelFacts] = {}
        # What went wrong with single models.
        self._faults: list[str] = []

    def update(self) -> None:
        """Ask for everything once. An error becomes the state of the part."""
        try:
            self._faults = []
            listed = self._get("/models")
            refused = {str(each["model"]): str(each["reason"]) for each in listed["refused"]}
            self.models = {str(each["model"]): self._facts(each) for each in listed["models"]}
        except requests.ConnectionError:
            self.part = Part("API", Condition.BAD, "not reachable", printable(f"nothing answers at {self._url}", 200))
            return
        except (requests.RequestException, *MALFORMED) as error:
            self.part = Part("API", Condition.BAD, "not reachable", printable(f"{self._url}: {error}", 200))
            return
        if self._faults:
            self.part = Part("API", Condition.BAD, "not reachable", printable(f"{self._url}: {self._faults[0]}", 200))
        elif refused:
            words = "; ".join(f"{name} is refused: {reason}" for name, reason in refused.items())
            self.part = Part("API", Condition.BAD, "refuses a model", printable(words, 300))
        elif self.models:
            count = len(self.models)
            self.part = Part("API", Condition.GOOD, "ready", f"serves {count} model{'s' if count > 1 else ''}")
        else:
            self.part = Part("API", Condition.BAD, "not ready", "no model is loaded")

    def _facts(self, listed: Mapping[str, Any]) -> ModelFacts:
        name, version = str(listed["model"]), str(listed["version"])
        known = self.models.get(name)
        if known and known.version == version and time.monotonic() - known.asked_at < AGAIN_SECONDS:
            return known
        try:
            return self._ask_facts(name, version)
        except requests.ConnectionError:
            raise
        except (requests.RequestException, *MALFORMED) as error:
            # What is known of this model stays, and the others go on.
            self._faults.append(f"{name}: {error}")
            return known or ModelFacts()

    def _ask_facts(self, name: str, version: str) -> ModelFacts:
        described = self._get(f"/models/{name}")
        served = next((each for each in self._history(name) if each["version"] == version), {})
        since = served.get("from") or described["trained_at"]
        return ModelFacts(
            title=printable(str(described["title"])),
            version=printable(version, 20),
            since=datetime.fromisoformat(since).timestamp(),
            moved_by=printable(str(served.get("moved_by", "training"))),
            test_quality=_quality(described),
            asked_at=time.monotonic(),
        )

    def _history(self, name: str) -> list[dict[str, Any]]:
        """Return the history of a model, the newest first, refusals left out."""
        found: list[dict[str, Any]] = self._get(f"/models/{name}/history")["history"]
        return [each for each in found if each["event"] != "refused"]

    def _get(self, path: str) -> dict[str, Any]:
        response = self._session.get(
            self._url + path, timeout=(CONNECT_SECONDS, RESPONSE_SECONDS), allow_redirects=False
        )
        if response.status_code != HTTPStatus.OK:
            raise ValueError(f"{path} responded with {response.status_code}")
        found: dict[str, Any] = response.json()
        return found


def _quality(described: Mapping[str, Any]) -> Quality | None:
    metric = "accuracy" if described["labels"] else "mean_absolute_error"
    found = described["metrics"]["test"].get(metric)
    if not found:
        return None
    rows = int(described["data"]["parts"]["test"])
    return Quality(metric, found["value"], found["lower"], found["upper"], rows, rows, str(described["unit"] or ""))
