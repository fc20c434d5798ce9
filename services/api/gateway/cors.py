"""Lets scripts of other origins read responses (CORS): https://fetch.spec.whatwg.org/#http-cors-protocol."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from petalstream.setting_types import Origins
from petalstream.web.trusted_hosts import TrustedHosts
from services.api.gateway.middleware import METHODS
from services.api.wire.binary_tensors import HEADER

EXPOSED_HEADERS = ("Retry-After", "X-Request-ID", HEADER)


def with_cors(app: ASGIApp, origins: Origins, hosts: TrustedHosts) -> ASGIApp:
    """Return `app` with a response to preflight requests, and with the headers that let scripts read its responses.

    A request whose Host header is not one of the `hosts` goes to `app` itself, which refuses it.
    """
    if not origins:
        return app
    shared = CORSMiddleware(app, origins.names, sorted(METHODS), ["*"], expose_headers=EXPOSED_HEADERS)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        found = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        await (shared if hosts.trusts(",".join(found)) else app)(scope, receive, send)

    return serve
