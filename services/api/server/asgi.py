"""The ASGI app that gunicorn serves: decides for each request whether the event loop responds or a thread.

The event loop responds to small requests for predictions (turns.py), to probes, and to what is over a limit. Flask
responds to all others, in threads: those for predictions in one pool, those for pages and descriptions in another, and
those for metrics in a third, so that none waits for another kind.
"""

import gc
import sys
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from io import BytesIO

from starlette.types import Receive, Scope, Send

from petalstream.reasons import Reason
from petalstream.settings import Settings
from petalstream.web.trusted_hosts import TrustedHosts
from services.api import deadline
from services.api.gateway.cors import with_cors
from services.api.gateway.middleware import Middleware, Response
from services.api.gateway.parsed_request import Environ
from services.api.gateway.path_prefix import PathPrefix
from services.api.server import bodies, paths
from services.api.server.bodies import Bodies, NotRead
from services.api.server.environ import build as build_environ
from services.api.server.shares import Shares
from services.api.server.threads import Threads
from services.api.server.turns import Turns
from services.api.telemetry import metrics, probe_paths, request_info

PAGE_THREADS, METRICS_THREADS = 2, 1
UNTRUSTED = "the api is not addressed as {!r}; API_TRUSTED_HOSTS has the names that it serves"
SWITCH_SECONDS = 0.001
CLOSE = ("connection", "close")


class Api:
    """The ASGI app around the WSGI app `middleware`; `shares` are the connections of this worker and of the others."""

    def __init__(
        self, middleware: Middleware, configured: Settings, shares: Shares, on_start: Callable[[], None]
    ) -> None:
        self._middleware, self._shares, self._on_start = middleware, shares, on_start
        self._bodies, self._default_model = Bodies(configured.api_max_body_bytes), configured.default_model
        places = configured.api_threads + configured.api_queue
        self._turns = Turns(middleware, middleware.fast_path, places)
        self._prefix = PathPrefix(configured.script_name, configured.forwarded_allow_ips)
        self._hosts = TrustedHosts(configured.api_trusted_hosts)
        self._app = with_cors(self._serve, configured.api_cors_origins, self._hosts)
        self._predicting = Threads(configured.api_threads, configured.api_queue, models=2)
        self._paging = Threads(PAGE_THREADS, configured.api_queue)
        self._counting = Threads(METRICS_THREADS, configured.api_queue)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or start and stop with the worker; WebSockets are closed."""
        if scope["type"] == "http":
            await self._app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        # The event loop waits so long for each thread that computes, whenever it has waited for its clients.
        sys.setswitchinterval(SWITCH_SECONDS)
        self._shares.follow()
        # What exists now stays. Without this, a large response makes the collector search all of it.
        gc.collect()
        gc.freeze()
        self._on_start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = build_environ(scope)
        self._prefix.apply(environ)
        request_info.begin(environ)
        status, headers, body = await self._respond(environ, receive)
        if self._shares.should_leave(scope["client"]):
            headers = [*headers, CLOSE]
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    async def _respond(self, environ: Environ, receive: Receive) -> Response:
        if not self._hosts.trusts(host := environ.get("HTTP_HOST", "")):
            # The consumer waits after this reason: a setting is at fault, and no record.
            return self._middleware.refuse(
                environ, HTTPStatus.BAD_REQUEST, UNTRUSTED.format(host[:100]), Reason.UNAVAILABLE
            )
        path = environ["PATH_INFO"]
        if path in probe_paths.PROBES:
            return self._middleware.respond(environ)
        if path == probe_paths.METRICS:
            return await self._in_thread(self._counting, "", environ)
        model = paths.predicted_model(environ, self._default_model)
        message = await receive()
        if model is not None and bodies.is_small(message):
            environ["wsgi.input"] = BytesIO(message["body"])
            if response := await self._turns.respond(environ):
                return response
        with metrics.IN_FLIGHT.track_inprogress():
            try:
                await self._bodies.read_into(environ, message, receive)
            except NotRead as error:
                return self._middleware.refuse(environ, error.status, str(error))
            request_info.of(environ).deadline = deadline.of(environ)
            threads = self._paging if model is None else self._predicting
            return await self._in_thread(threads, model or "", environ)

    async def _in_thread(self, threads: Threads, model: str, environ: Environ) -> Response:
        until = request_info.of(environ).deadline
        if not await threads.places.acquire(model, until):
            return self._middleware.reject(environ)
        return await threads.run(model, partial(self._middleware.respond, environ))
