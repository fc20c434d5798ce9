"""Events: one rendering a second for all viewers of a page, the newest for a slow one, an end for one that is stuck."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from services.dashboard.server import events
from services.dashboard.server.events import GONE, Events, encode
from services.dashboard.server.types import Message

SECONDS = 10


class Viewer:
    """The two ends of a connection: what was sent, and when the client leaves; it reads while `reads` is set."""

    def __init__(self) -> None:
        self.sent = list[Message]()
        self.reads, self.left = asyncio.Event(), asyncio.Event()
        self.reads.set()

    async def receive(self) -> Message:
        """Wait until the client leaves."""
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the response once the client reads."""
        await self.reads.wait()
        self.sent.append(message)

    @property
    def bodies(self) -> list[bytes]:
        """The events so far."""
        return [each["body"] for each in self.sent if each.get("body")]

    async def wait_for(self, number: int) -> None:
        """Wait for so many events."""
        async with asyncio.timeout(SECONDS):
            while len(self.bodies) < number:
                await asyncio.sleep(0.01)


class Pages:
    """Renders a page as the number of its rendering; those of other paths than `known` are not there."""

    def __init__(self) -> None:
        self.number, self.known = 0, {"/"}

    def __call__(self, path: str) -> str | None:
        """Return the next rendering."""
        self.number += 1
        return f"<p>{self.number}</p>" if path in self.known else None


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "INTERVAL_SECONDS", 0.05)


def test_all_viewers_of_a_page_share_one_rendering_and_none_is_made_without_a_viewer() -> None:
    async def test() -> None:
        pages, viewers = Pages(), [Viewer() for _ in range(20)]
        served = Events(pages)
        served.start()
        first = asyncio.create_task(served.serve("/", viewers[0].receive, viewers[0].send))
        await viewers[0].wait_for(1)
        tasks = [asyncio.create_task(served.serve("/", each.receive, each.send)) for each in viewers[1:]]
        for each in viewers:
            await each.wait_for(4)
        assert pages.number < 10, "four events for twenty viewers"
        for each in viewers:
            each.left.set()
        await asyncio.gather(first, *tasks)
        await asyncio.sleep(0.12)
        made = pages.number
        await asyncio.sleep(0.2)
        assert pages.number == made
        served.stop()

    run(test())


def test_a_slow_viewer_gets_the_newest_event_and_not_those_between() -> None:
    async def test() -> None:
        pages, viewer = Pages(), Viewer()
        served = Events(pages)
        served.start()
        task = asyncio.create_task(served.serve("/", viewer.receive, viewer.send))
        await viewer.wait_for(1)
        viewer.reads.clear()
        seen = pages.number
        async with asyncio.timeout(SECONDS):
            while pages.number < seen + 10:
                await asyncio.sleep(0.01)
        viewer.reads.set()
        count = len(viewer.bodies)
        await viewer.wait_for(count + 2)
        assert len(viewer.bodies) < 6, "ten renderings were made meanwhile"
        assert int(viewer.bodies[-1].split(b"<p>")[1].split(b"<")[0]) > seen + 8
        served.stop()
        await task
        assert viewer.sent[-1]["more_body"] is False

    run(test())


def test_a_viewer_that_is_stuck_is_disconnected_and_one_that_leaves_meanwhile_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        served = Events(Pages())
        served.start()
        for seconds, leaves in ((0.1, False), (60, True)):
            monkeypatch.setattr(events, "STALLED_SECONDS", seconds)
            viewer = Viewer()
            task = asyncio.create_task(served.serve("/", viewer.receive, viewer.send))
            await viewer.wait_for(1)
            viewer.reads.clear()
            if leaves:
                viewer.left.set()
            await asyncio.wait_for(task, SECONDS)
        served.stop()

    run(test())


def test_a_page_that_goes_away_says_so_and_one_that_cannot_be_rendered_keeps_what_it_has(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def test() -> None:
        pages, viewer, broken = Pages(), Viewer(), False

        def render(path: str) -> str | None:
            if broken:
                raise ValueError("a bug")
            return pages(path)

        served = Events(render)
        served.start()
        task = asyncio.create_task(served.serve("/", viewer.receive, viewer.send))
        await viewer.wait_for(1)
        broken = True
        async with asyncio.timeout(SECONDS):
            while "could not be rendered" not in caplog.text:
                await asyncio.sleep(0.01)
        broken = False
        pages.known.clear()
        async with asyncio.timeout(SECONDS):
            while GONE not in viewer.bodies:
                await asyncio.sleep(0.01)
        served.stop()
        await task

    run(test())


def test_after_a_stop_nobody_is_admitted() -> None:
    async def test() -> None:
        served, viewer = Events(Pages()), Viewer()
        served.start()
        served.stop()
        await served.serve("/", viewer.receive, viewer.send)
        assert viewer.sent[0]["status"] == 503
        assert viewer.bodies == [b"The live page is stopping."]

    run(test())


def test_an_event_has_no_empty_line_within() -> None:
    assert encode("<p>\n\n  a\r\n\u2028b</p>\n") == b"data: <p>\ndata: a\ndata: b</p>\n\n"
