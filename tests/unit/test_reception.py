"""Threads that wait for their clients are counted."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.api import reception


def test_a_thread_counts_as_receiving_until_its_request_is_there_or_given_up() -> None:
    with reception.begun():
        assert reception.receiving() == 1
        with ThreadPoolExecutor(1) as another:
            another.submit(reception.received).result(10)
        assert reception.receiving() == 1
        reception.received()
        assert reception.receiving() == 0
    with pytest.raises(OSError, match="gone"), reception.begun():
        raise OSError("the client is gone")
    assert reception.receiving() == 0
