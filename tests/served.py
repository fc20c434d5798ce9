"""Which versions of Iris an api serves, whichever of its workers is asked."""

import requests

from embedded.waiting import wait_until

# Each new connection may reach another worker: so many will have reached all of a few.
ASKED = 40


def served_versions(url: str) -> set[str]:
    """The versions that the workers of the api at `url` say they serve."""
    asked = [requests.get(f"{url}/ready", timeout=10).json() for _ in range(ASKED)]
    return {answer["models"]["iris"] for answer in asked}


def await_served(url: str, version: str, seconds: float) -> None:
    """Wait up to `seconds` until every worker of the api at `url` serves the version."""
    wait_until(lambda: served_versions(url) == {version}, f"every worker to serve version {version}", seconds)
