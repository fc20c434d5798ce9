"""Responds on the event loop to small requests for predictions; those that arrive together are scored together."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterator

from services.api.gateway.fast_path import FastPath
from services.api.gateway.middleware import Middleware, Response
from services.api.gateway.parsed_request import Environ, Request

log = logging.getLogger(__name__)
# About the longest that the event loop predicts before it does something else.
TURN_SECONDS = 0.005
Waiting = tuple[Environ, asyncio.Future[Response | None]]


class Turns:
    """Has `fast_path` score up to `most_waiting` requests; `middleware` counts the responses."""

    def __init__(self, middleware: Middleware, fast_path: FastPath, most_waiting: int) -> None:
        self._middleware, self._fast_path, self._most_waiting = middleware, fast_path, most_waiting
        self._waiting: deque[Waiting] = deque()

    async def respond(self, environ: Environ) -> Response | None:
        """Return the response to a request with its body, 503 if too many wait, None if it is for a thread."""
        if len(self._waiting) >= self._most_waiting:
            return self._middleware.reject(environ)
        loop = asyncio.get_running_loop()
        if not self._waiting:
            # After what is ready now and what follows from it: all requests that have arrived are read by then.
            loop.call_soon(loop.call_soon, self._take_turn)
        response: asyncio.Future[Response | None] = loop.create_future()
        self._waiting.append((environ, response))
        return await response

    def _take_turn(self) -> None:
        parsed = list(self._parse_waiting())
        try:
            responses = self._middleware.respond_together([request for request, _ in parsed])
        except Exception:  # one of them would keep all waiting; in a thread it fails alone
            log.exception("requests for predictions failed together")
            responses = [None] * len(parsed)
        for (_, future), response in zip(parsed, responses, strict=True):
            _set(future, response)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._take_turn)

    def _parse_waiting(self) -> Iterator[tuple[Request, asyncio.Future[Response | None]]]:
        """Yield requests that fit into this turn; those that never will are for threads."""
        find, until, seconds = self._fast_path.begin_turn(TURN_SECONDS), time.perf_counter() + TURN_SECONDS, 0.0
        while self._waiting and time.perf_counter() + seconds < until:
            environ, future = self._waiting[0]
            request = self._fast_path.parse(environ, find)
            if request and seconds and seconds + request.seconds > TURN_SECONDS:
                return
            self._waiting.popleft()
            if request and request.seconds <= TURN_SECONDS:
                seconds += request.seconds
                yield request, future
            else:
                _set(future, None)


def _set(future: asyncio.Future[Response | None], response: Response | None) -> None:
    if not future.done():  # its client may have gone
        future.set_result(response)
