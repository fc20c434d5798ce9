"""How a service stops: the first signal asks it to finish its work, the second one ends it."""

import faulthandler
import os
import select
import signal
import sys
from types import FrameType

DRAIN_SECONDS = 9.0


class Stop:
    """A request to stop that a signal handler can make and a loop can wait for.

    It is a pipe, into which a signal can write as it arrives, and not a threading.Event, whose set() can deadlock in a
    signal handler when the signal arrives while the main thread is just entering wait().
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def request(self) -> None:
        """Ask for a stop; cannot be taken back."""
        os.write(self._write, b"x")

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds`, or until a stop is requested; says whether it was."""
        readable, _, _ = select.select([self._read], [], [], seconds)
        return bool(readable)

    def requested(self) -> bool:
        """Whether a stop was requested."""
        return self.wait(0)

    def request_on_signals(self) -> None:
        """Have any signal that has a handler request it, at the moment when it arrives.

        Python runs the handler itself only after the wait that such a signal comes just before, or beside, has ended.
        """
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)


def exit_on_sigterm() -> None:
    """Have SIGTERM end this process as an exception does, so that what it has half made is tidied away."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def stop_on_signals(drain_seconds: float = DRAIN_SECONDS) -> Stop:
    """A Stop that the first SIGTERM or SIGINT requests; from then on a second signal kills.

    A drain that takes longer than `drain_seconds` is ended, with the stacks of all threads on standard error.
    """
    stop = Stop()

    def on_signal(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        faulthandler.dump_traceback_later(drain_seconds, exit=True)

    stop.request_on_signals()
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop
