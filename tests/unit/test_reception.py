"""Threads that wait for their clients are counted."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.api.gateway import receiving


def test_a_thread_counts_as_receiving_until_its_request_is_there_or_given_up() -> None:
    with receiving.begun():
        assert receiving.receiving() == 1
        with ThreadPoolExecutor(1) as another:
            another.submit(receiving.received).result(10)
        assert receiving.receiving() == 1
        receiving.received()
        assert receiving.receiving() == 0
    with pytest.raises(OSError, match="gone"), receiving.begun():
        raise OSError("the client is gone")
    assert receiving.receiving() == 0
