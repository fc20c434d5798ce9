"""Where gunicorn listens and where the health check asks, for every way to write a host."""

import pytest

from petalstream import address


@pytest.mark.parametrize(
    ("host", "bound", "asked"),
    [
        ("127.0.0.1", "127.0.0.1:5000", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0:5000", "127.0.0.1"),
        ("10.1.2.3", "10.1.2.3:5000", "10.1.2.3"),
        ("localhost", "localhost:5000", "localhost"),
        ("api.example", "api.example:5000", "api.example"),
        ("::", "[::]:5000", "::1"),
        ("[::]", "[::]:5000", "::1"),
        ("::1", "[::1]:5000", "::1"),
        ("[::1]", "[::1]:5000", "::1"),
        ("0:0:0:0:0:0:0:1", "[::1]:5000", "::1"),
        ("0:0:0:0:0:0:0:0", "[::]:5000", "::1"),
        ("fe80::1%eth0", "[fe80::1%eth0]:5000", "fe80::1%eth0"),
    ],
)
def test_a_service_is_asked_where_it_listens(host: str, bound: str, asked: str) -> None:
    assert (address.bind(host, 5000), address.host_on_this_machine(host)) == (bound, asked)
