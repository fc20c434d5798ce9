"""Asks an api from many connections at once, each one request after the other, and keeps what came back."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.records import FLOWER

BODY = json.dumps(FLOWER).encode()
SECONDS = 30


@dataclass
class Seen:
    """What the connections saw: answers by status, seconds of those answered 200, and requests without an answer."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the requests that were answered 200 had their answer."""
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))]


# Says what is wrong with an answer, "" where nothing is: status, headers, body.
Judge = Callable[[int, Any, bytes], str]


def is_a_flower_or_busy(status: int, headers: Any, body: bytes) -> str:
    """A prediction, or 503 with Retry-After."""
    if status == 200:
        return "" if json.loads(body)["label"] == "setosa" else f"answered {body!r}"
    return "" if status == 503 and headers.get("retry-after") == "1" else f"{status} {dict(headers)} {body[:200]!r}"


def load(
    url: str,
    connections: int,
    until: Callable[[float], bool],
    judge: Judge = is_a_flower_or_busy,
    heeds_retry_after: bool = False,
) -> Seen:
    """Post a flower to `url` again and again from each connection, while `until` is false of the seconds that passed.

    A connection that `heeds_retry_after` stays away for as long as a 503 asks it to, as the consumer does.
    """
    seen = Seen()

    async def ask_on(session: aiohttp.ClientSession, began: float) -> None:
        while not until(time.monotonic() - began):
            status = await _ask(session, url, judge, seen)
            if status == 503 and heeds_retry_after:
                await asyncio.sleep(1)

    async def ask_all() -> None:
        timeout, connector = aiohttp.ClientTimeout(total=SECONDS), aiohttp.TCPConnector(limit=connections)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            await asyncio.gather(*(ask_on(session, time.monotonic()) for _ in range(connections)))

    asyncio.run(ask_all())
    return seen


def for_seconds(seconds: float) -> Callable[[float], bool]:
    """Until so many seconds have passed."""
    return lambda passed: passed >= seconds


async def _ask(session: aiohttp.ClientSession, url: str, judge: Judge, seen: Seen) -> int | None:
    """Ask once; the status, None where there was no answer."""
    asked = time.monotonic()
    try:
        async with session.post(url, data=BODY, headers={"Content-Type": "application/json"}) as answer:
            body = await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        seen.failures.append(repr(error))
        return None
    seen.statuses[answer.status] += 1
    if answer.status == 200:
        seen.seconds.append(time.monotonic() - asked)
    if complaint := judge(answer.status, answer.headers, body):
        seen.complaints.append(complaint)
    return answer.status
