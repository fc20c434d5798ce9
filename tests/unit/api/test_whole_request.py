"""Which bytes are all of a usual request, and which are left to gunicorn."""

import socket
from collections.abc import Iterator

import pytest

from services.api.server import whole_request

BODY = b'{"petal_width":0.2}'
HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
WHOLE = HEAD % len(BODY) + BODY
IN_CHUNKS = b"13\r\n%b\r\n0\r\n\r\n" % BODY
CHUNKED = WHOLE.replace(b"Content-Length: 19", b"Transfer-Encoding: chunked").replace(BODY, IN_CHUNKS)
PATHS = (b"/predict", b"/predict?a=b", b"/models/iris/predict", b"/v2/models/iris/infer", b"/v2/models/a_1/infer?x")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and a server that are connected."""
    client, server = socket.socketpair()
    with client, server:
        yield client, server


@pytest.mark.parametrize("path", PATHS)
def test_a_request_for_predictions_is_whole(path: bytes) -> None:
    for sent in (WHOLE, WHOLE.replace(b"Content-Length", b"content-length"), WHOLE.replace(b": 19", b":\t19")):
        asked = sent.replace(b"/predict", path)
        assert whole_request.is_whole(asked)
        environ = whole_request.environ(asked, "127.0.0.1")
        assert environ is not None
        assert environ.pop("wsgi.input").read() == BODY
        assert environ == {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path.partition(b"?")[0].decode(),
            "QUERY_STRING": path.partition(b"?")[2].decode(),
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost:8000",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": "19",
        }


@pytest.mark.parametrize("number", range(len(WHOLE)))
def test_its_beginning_is_not_whole(number: int) -> None:
    assert not whole_request.is_whole(WHOLE[:number])


@pytest.mark.parametrize(
    "sent",
    [
        WHOLE + b" ",
        WHOLE + b"\r\n",
        WHOLE + WHOLE,
        WHOLE + WHOLE[:10],
        b"\r\n" + WHOLE,
        CHUNKED,
        WHOLE.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        WHOLE.replace(b"\r\n\r\n", b"\r\nContent-Length: 19\r\n\r\n"),
        WHOLE.replace(b"\r\n\r\n", b"\r\ncontent-length: 0\r\n\r\n"),
        WHOLE.replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\n\r\n"),
        WHOLE.replace(b": 19", b": +19"),
        WHOLE.replace(b": 19", b": 019"),
        WHOLE.replace(b": 19", b": 19,19"),
        WHOLE.replace(b": 19", b": 1_9"),
        WHOLE.replace(b": 19", b": 0x13"),
        WHOLE.replace(b"Content-Length: 19\r\n", b""),
        WHOLE.replace(b"POST", b"GET"),
        WHOLE.replace(b"POST", b"post"),
        WHOLE.replace(b"/predict", b"/health"),
        WHOLE.replace(b"/predict", b"/models/iris/predict/"),
        WHOLE.replace(b"/predict", b"/models//predict"),
        WHOLE.replace(b"/predict", b"/models/%69ris/predict"),
        WHOLE.replace(b"/predict", b"http://localhost/predict"),
        WHOLE.replace(b"\r\n", b"\n"),
        b"",
    ],
)
def test_all_else_is_not(sent: bytes) -> None:
    assert not whole_request.is_whole(sent)


@pytest.mark.parametrize(
    "sent",
    [
        WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"),
        WHOLE.replace(b"HTTP/1.1", b"HTTP/2.0"),
        WHOLE.replace(b" HTTP/1.1", b""),
        WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        WHOLE.replace(b"\r\n\r\n", b"\r\nHost: another\r\n\r\n"),
        WHOLE.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"),
        WHOLE.replace(b"\r\n\r\n", b"\r\nX-API-Key: a\r\n\r\n"),
        WHOLE.replace(b"\r\n\r\n", b"\r\nCookie: a\r\n\r\n"),
        WHOLE.replace(b"Content-Type", b"Content_Type"),
        WHOLE.replace(b"Content-Type", b"Content-Type "),
        WHOLE.replace(b"localhost:8000", b"local\0host"),
        WHOLE.replace(b"localhost:8000", b"local\nhost"),
        WHOLE.replace(b"Host: ", b" Host: "),
        WHOLE.replace(b"/predict ", b"/predict\x01 "),
    ],
)
def test_what_is_unusual_in_a_whole_one_is_left_to_gunicorn(sent: bytes) -> None:
    assert whole_request.environ(sent, "127.0.0.1") is None


def test_what_has_come_stays_in_the_connection(pair: tuple[socket.socket, socket.socket]) -> None:
    client, server = pair
    assert whole_request.peek(server) is None
    client.sendall(WHOLE[:-1])
    assert whole_request.peek(server) is None
    client.sendall(WHOLE[-1:])
    assert whole_request.peek(server) == WHOLE
    assert whole_request.peek(server) == WHOLE
    assert server.recv(2 * len(WHOLE)) == WHOLE


def test_two_requests_in_one_packet_are_left_to_gunicorn(pair: tuple[socket.socket, socket.socket]) -> None:
    client, server = pair
    client.sendall(WHOLE * 2)
    assert whole_request.peek(server) is None
    assert server.recv(3 * len(WHOLE)) == WHOLE * 2


def test_a_long_request_is_left_to_gunicorn(pair: tuple[socket.socket, socket.socket]) -> None:
    client, server = pair
    most = whole_request.MOST_BYTES - len(HEAD % 99_999)
    for size, is_taken in ((most, True), (most + 1, False)):
        sent = HEAD % size + b"1" * size
        client.sendall(sent)
        assert (whole_request.peek(server) == sent) == is_taken
        assert server.recv(len(sent), socket.MSG_WAITALL) == sent


def test_a_connection_that_is_gone_has_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    client, server = pair
    client.close()
    assert whole_request.peek(server) is None
    server.close()
    assert whole_request.peek(server) is None
