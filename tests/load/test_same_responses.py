"""A request has the same response from the event loop and from a thread: heads at their limits, odd spellings."""

from collections.abc import Iterator

import pytest

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.load.client import BODY
from tests.load.raw import answers, connected, request
from tests.lone_api import LoneApi, lone_api

pytestmark = pytest.mark.xdist_group("same responses")
OWN_TO_EACH = ("date", "x-request-id")
LONGEST = 8190
HEADS = {
    "an ordinary head": {},
    "an id": {"X_Request_ID": "mine"},
    "an id with trailing blanks": {"X_Request_ID": "mine  \t "},
    "an id with leading blanks": {"X_Request_ID": "   mine"},
    "an id with a blank in it": {"X_Request_ID": "mi ne"},
    "an empty id": {"X_Request_ID": ""},
    "the longest header": {"X_Long": "x" * (LONGEST - len("X-Long: \r\n"))},
    "a header that is one byte too long": {"X_Long": "x" * (LONGEST - len("X-Long: \r\n") + 1)},
    "a header that is far too long": {"X_Long": "x" * 60_000},
    "a hundred headers": {f"X_{number}": "x" for number in range(97)},
    "too many headers": {f"X_{number}": "x" for number in range(98)},
    "a header in latin-1": {"X_Name": "\xe4"},
    "headers of a proxy": {
        "X_Forwarded_For": "10.0.0.1",
        "X_Forwarded_Proto": "https",
        "X_Real_IP": "10.0.0.1",
        "Via": "1.1 proxy",
        "Forwarded": "for=10.0.0.1",
    },
    "a connection to keep": {"Connection": "keep-alive"},
    "a connection to close": {"Connection": "close"},
    "a trace": {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    "gzip": {"Accept_Encoding": "gzip"},
    "another type": {"Content_Type": "application/json; charset=utf-8"},
    "an unknown type": {"Content_Type": "text/rose"},
    "a page": {"Accept": "text/html"},
    "no host": {"Host": ""},
    "a host that is none": {"Host": "<script>"},
    "a timeout": {"X_Request_Timeout": "30"},
    "a timeout that cannot be read": {"X_Request_Timeout": "soon"},
}
PATHS = {
    "a query": "/predict?on_error=report",
    "an unknown query": "/predict?format=roses",
    "a path with escapes": "/models/ir%69s/predict",
    "an escape that is none": "/models/%zz/predict",
    "no UTF-8": "/models/%ff/predict",
    "an unknown model": "/models/rose/predict",
    "the longest line": "/predict?" + "a" * (4094 - len("POST /predict? HTTP/1.1")),
    "a line that is too long": "/predict?" + "a" * 4095,
}
REQUESTS = {name: request(BODY, **headers) for name, headers in HEADS.items()} | {
    name: request(BODY, path) for name, path in PATHS.items()
}


@pytest.fixture(scope="module")
def api(settings: Settings, iris: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api of one worker."""
    with lone_api(settings.models_dir, tmp_path_factory.mktemp("same-responses"), api_workers=1) as found:
        yield found


def respond(api: LoneApi, pieces: list[bytes]) -> tuple[int, dict[str, str], bytes]:
    """The response to a request that is sent in pieces, each after the api had time to see the one before."""
    with connected(api) as connection:
        for piece in pieces[:-1]:
            connection.sendall(piece)
            # A second client is served only after what the first has sent was read.
            with connected(api) as other:
                other.sendall(request(BODY))
                answers(other, 1)
        connection.sendall(pieces[-1])
        ((status, headers, body),) = answers(connection, 1)
    known = {name: value for name, value in headers.items() if name.lower() not in OWN_TO_EACH or value == "mine"}
    return status, known, body


@pytest.mark.parametrize("name", REQUESTS)
def test_the_event_loop_and_a_thread_respond_alike(api: LoneApi, name: str) -> None:
    whole = REQUESTS[name]
    # A body in two pieces is for a thread.
    at_once = respond(api, [whole])
    in_pieces = respond(api, [whole[:-10], whole[-10:]]) if at_once[0] not in (414, 431) else respond(api, [whole])
    assert at_once == in_pieces
    assert at_once[0] < 500
