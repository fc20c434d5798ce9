"""Server-sent events: each second one rendering of each page that anybody views, shared by all its viewers.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from services.dashboard.server.types import Receive, Send, respond, start

PLACES = 64
INTERVAL_SECONDS = 1.0
# A viewer that reads nothing for so long is disconnected.
STALLED_SECONDS = 30.0
RETRY_SECONDS = 5
HEADERS = (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"))
TAKEN = f"All {PLACES} places for viewers of the live page are taken. It tries again in {RETRY_SECONDS} seconds."
log = logging.getLogger(__name__)


def encode(html: str) -> bytes:
    """Return an event with the HTML as its data."""
    lines = [line for line in html.splitlines() if line.strip()]
    return "".join([*(f"data: {line.strip()}\n" for line in lines), "\n"]).encode(errors="replace")


GONE = encode('<section class="card" id="gone"><p>This model is not known any more: its topics are gone.</p></section>')


class _Page:
    """The newest event of one page; `renewed` is set when a newer one replaces it."""

    def __init__(self, event: bytes) -> None:
        self.event, self.viewers = event, 0
        self.renewed = asyncio.Event()

    def renew(self, event: bytes) -> None:
        """Replace the event, and wake those who wait for a newer one."""
        self.event = event
        renewed, self.renewed = self.renewed, asyncio.Event()
        renewed.set()


class Events:
    """Sends pages to viewers; `render` returns the HTML of a page, None where there is none, and runs in a thread."""

    def __init__(self, render: Callable[[str], str | None]) -> None:
        self._render, self._pages = render, dict[str, _Page]()
        self._viewers = 0
        # One thread: a rendering needs the interpreter's lock, and more of them would take it from the follower.
        self._pool = ThreadPoolExecutor(1, "events")
        self._stopped = asyncio.Event()
        self._renewing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to renew the pages that are viewed."""
        self._renewing = asyncio.get_running_loop().create_task(self._renew())

    def stop(self) -> None:
        """End all responses, and refuse new viewers."""
        self._stopped.set()
        if self._renewing:
            self._renewing.cancel()

    async def serve(self, path: str, receive: Receive, send: Send) -> None:
        """Send the page's events until the viewer leaves, reads nothing for STALLED_SECONDS, or the server stops."""
        if self._viewers >= PLACES or self._stopped.is_set():
            text = "The live page is stopping." if self._stopped.is_set() else TAKEN
            wait = [("Retry-After", str(RETRY_SECONDS))]
            await respond(send, HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", text, wait)
            return
        self._viewers += 1
        try:
            if page := await self._page(path):
                await self._view(page, receive, send)
            else:
                await respond(send, HTTPStatus.NOT_FOUND, "text/plain", "There is no such page.")
        finally:
            self._viewers -= 1

    async def tell_places(self, send: Send) -> None:
        """Respond with 503 where all places are taken, as a script cannot read the status of an event source."""
        status = HTTPStatus.SERVICE_UNAVAILABLE if self._viewers >= PLACES else HTTPStatus.OK
        await respond(send, status, "text/plain", "", HEADERS)

    async def _page(self, path: str) -> _Page | None:
        """Return the page with a viewer's event in it, rendered now unless others view it already."""
        if path not in self._pages:
            event = await self._event(path)
            if event is None:
                return None
            self._pages.setdefault(path, _Page(event))
        return self._pages[path]

    async def _view(self, page: _Page, receive: Receive, send: Send) -> None:
        page.viewers += 1
        ends = [asyncio.create_task(_wait_for_end(receive)), asyncio.create_task(self._stopped.wait())]
        try:
            await start(send, HTTPStatus.OK, "text/event-stream", HEADERS)
            event, renewed = b"retry: 1000\n" + page.event, page.renewed
            while await _is_sent(send, event, ends):
                await _first_of(renewed.wait(), ends)
                if any(end.done() for end in ends):
                    break
                # A slow viewer gets the newest event, and not those between.
                event, renewed = page.event, page.renewed
            if self._stopped.is_set():
                await _is_sent(send, b"", ends[:1], more=False)
        finally:
            page.viewers -= 1
            for end in ends:
                end.cancel()

    async def _renew(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + INTERVAL_SECONDS, loop.time())
            await asyncio.sleep(due - loop.time())
            for path, page in list(self._pages.items()):
                if not page.viewers:
                    del self._pages[path]
                else:
                    await self._renew_page(path, page)

    async def _renew_page(self, path: str, page: _Page) -> None:
        try:
            event = await self._event(path)
        except Exception:
            log.exception("the page %s could not be rendered; its viewers keep what they have", path)
        else:
            page.renew(event or GONE)

    async def _event(self, path: str) -> bytes | None:
        """Return a rendering as an event, None where there is none."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._encode, path)

    def _encode(self, path: str) -> bytes | None:
        html = self._render(path)
        return None if html is None else encode(html)


async def _wait_for_end(receive: Receive) -> None:
    """Wait until the client has disconnected; a body, should it send one, is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first_of(waiting: Awaitable[Any], ends: Sequence[asyncio.Task[Any]], seconds: float | None = None) -> bool:
    """Wait for a coroutine or one of `ends`, for at most so many seconds; return whether the coroutine has ended."""
    task: asyncio.Future[Any] = asyncio.ensure_future(waiting)
    try:
        await asyncio.wait([task, *ends], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        return task.done()
    finally:
        task.cancel()


async def _is_sent(send: Send, body: bytes, ends: Sequence[asyncio.Task[Any]], more: bool = True) -> bool:
    """Send a part of the response; return False where the viewer has left or does not read, or the server stops."""
    sending = send({"type": "http.response.body", "body": body, "more_body": more})
    return await _first_of(sending, ends, STALLED_SECONDS)
