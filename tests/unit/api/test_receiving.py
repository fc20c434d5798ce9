"""The count of threads that are blocked on reading a request."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.api.gateway import receiving


def test_a_thread_counts_as_receiving_until_its_request_is_read_or_fails() -> None:
    with receiving.receiving():
        assert receiving.count() == 1
        with ThreadPoolExecutor(1) as another:
            another.submit(receiving.mark_received).result(10)
        assert receiving.count() == 1
        receiving.mark_received()
        assert receiving.count() == 0
    with pytest.raises(OSError, match="gone"), receiving.receiving():
        raise OSError("the client is gone")
    assert receiving.count() == 0
