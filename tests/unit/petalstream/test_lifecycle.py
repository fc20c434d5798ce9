"""Stopping: the first signal lets a service finish, the second ends it, and a drain has a bound."""

import signal
import subprocess
import sys
import textwrap

import pytest

SERVICE = """
    from petalstream.lifecycle import stop_on_signals
    stop = stop_on_signals(drain_seconds={drain})
    print("ready", flush=True)
    assert stop.wait(30) and stop.requested()
    print("asked", flush=True)
    {then}
    print("finished", flush=True)
"""


# The main thread takes no signal, so another one does, and the wait of the main thread is not interrupted.
ANOTHER_THREAD = """
import signal, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
"""


def service(then: str = "pass", drain: float = 9, before: str = "") -> subprocess.Popen[str]:
    code = before + textwrap.dedent(SERVICE).format(drain=drain, then=then)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_lets_the_service_finish(number: signal.Signals) -> None:
    process = service()
    process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (0, "asked\nfinished\n")


def test_a_signal_that_does_not_interrupt_the_wait_ends_it_all_the_same() -> None:
    """As one that arrives in another thread or just before the wait: Python would run its handler after the wait."""
    process = service(before=ANOTHER_THREAD)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (0, "asked\nfinished\n")


def test_a_second_signal_ends_the_service_at_once() -> None:
    process = service(then="import time; time.sleep(60)")
    process.send_signal(signal.SIGTERM)
    assert process.stdout
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (-signal.SIGTERM, "")


def test_a_drain_that_takes_too_long_is_ended_and_says_where_it_hung() -> None:
    process = service(then="import time; time.sleep(60)", drain=0.2)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (1, "asked\n")
    assert "Timeout" in errors
