"""kafka-python still leaves open what sockets.py closes."""

import importlib
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import pytest

from embedded.ports import free_port
from tests.integration.patches.needed import SECONDS, assert_needed
from tests.integration.patches.plain_sockets import LeftOpen, left_open


def patched_left_open(port: int) -> LeftOpen:
    """Return what the patched client leaves open."""
    importlib.import_module("petalstream.broker")  # patches classes of the client
    return left_open(port)


def in_a_process(run: Callable[[int], LeftOpen]) -> LeftOpen:
    """Run in a new process, where nothing else opens files or starts threads."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as child:
        return child.submit(run, free_port()).result(SECONDS)


@pytest.fixture(scope="module")
def plain() -> LeftOpen:
    """What the client leaves open without patches."""
    return in_a_process(left_open)


def test_the_client_leaves_the_socket_of_a_failed_connection_open(plain: LeftOpen) -> None:
    assert_needed("sockets._closing_a_failed_one", plain.failed > 0)


def test_the_client_leaves_a_thread_running_that_finds_no_broker(plain: LeftOpen) -> None:
    assert_needed("sockets._closing_without_a_broker", plain.threads > 0)


def test_the_client_leaves_sockets_with_data_to_send_open(plain: LeftOpen) -> None:
    assert_needed("sockets._closing_all_sockets", plain.unsent > 0)


def test_the_patched_client_leaves_nothing_open() -> None:
    assert in_a_process(patched_left_open) == LeftOpen(0, 0, 0)
