"""The ASGI app that gunicorn serves: events on the event loop, all else by Flask in threads."""

import asyncio
import signal
import threading
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qs

from a2wsgi import WSGIMiddleware
from flask import Flask

from petalstream.web.trusted_hosts import TrustedHosts
from services.dashboard.routes.problems import problem_text
from services.dashboard.server.events import Events
from services.dashboard.server.types import Receive, Scope, Send, respond

THREADS = 4
PROBLEM = "application/problem+json"
UNTRUSTED = "the live page is not addressed as {!r}; DASHBOARD_TRUSTED_HOSTS has the names that it serves"


class Follows(Protocol):
    """Makes snapshots in a thread, from `start` until `close`."""

    def start(self) -> None:
        """Start the thread."""

    def close(self) -> None:
        """Stop the thread and wait for its end."""


class Dashboard:
    """The ASGI app around the Flask app; `follower` runs while it serves."""

    def __init__(self, app: Flask, events: Events, hosts: TrustedHosts, follower: Follows | None) -> None:
        wsgi: Any = app.wsgi_app  # a2wsgi has types of its own
        self._flask: Any = WSGIMiddleware(wsgi, workers=THREADS)
        self._events, self._hosts, self._follower = events, hosts, follower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or start and stop with the worker; WebSockets are closed."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if self._follower:
            self._follower.start()
        self._events.start()
        _call_on_sigterm(self._events.stop)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._events.stop()
        if self._follower:
            await asyncio.to_thread(self._follower.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"host")
        if not self._hosts.trusts(host):
            detail = problem_text(HTTPStatus.BAD_REQUEST, UNTRUSTED.format(host[:100]))
            await respond(send, HTTPStatus.BAD_REQUEST, PROBLEM, detail)
        elif not scope["query_string"].isascii():
            detail = problem_text(HTTPStatus.BAD_REQUEST, "the query must be percent-encoded")
            await respond(send, HTTPStatus.BAD_REQUEST, PROBLEM, detail)
        elif scope["path"] == "/events" and scope["method"] == "GET":
            page = parse_qs(scope["query_string"].decode()).get("page", ["/"])[0]
            await self._events.serve(page, receive, send)
        elif scope["path"] == "/events" and scope["method"] == "HEAD":
            await self._events.tell_places(send)
        else:
            await self._flask(scope, receive, send)


def _call_on_sigterm(stop: Any) -> None:
    """Have SIGTERM call `stop` in the event loop, beside what gunicorn does on it.

    gunicorn waits for open connections before it says that it stops (lifespan.shutdown), and those of viewers do not
    end by themselves. Its own handler belongs to the loop, which the signal reaches through its wake-up descriptor
    whatever handler Python has.
    """
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda number, frame: loop.call_soon_threadsafe(stop))
