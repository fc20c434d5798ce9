"""How far a long piece of work is: a bar on a terminal, in a log a line for each tenth."""

import logging
import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

LINES = 10
log = logging.getLogger(__name__)


class Progress:
    """Counts `total` steps of the work `what`; a context manager."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._done = self._told = 0
        self._bar = tqdm(total=total, desc=what, unit=" fits", leave=False, disable=not sys.stderr.isatty())

    def step(self) -> None:
        """Count one step."""
        self._done += 1
        self._bar.update()
        tenths = self._done * LINES // self._total
        if self._bar.disable and tenths > self._told:
            self._told = tenths
            log.info("%s: %d of %d fits", self._what, self._done, self._total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
