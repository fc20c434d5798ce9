"""Progress of many fits: a bar on a terminal, a line for each tenth in a log."""

import logging
import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

LINES = 10
log = logging.getLogger(__name__)


class Progress:
    """Context manager that counts `total` steps of the work `title`."""

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total = title, total
        self._done = self._logged = 0
        self._bar = tqdm(total=total, desc=title, unit=" fits", leave=False, disable=not sys.stderr.isatty())

    def step(self) -> None:
        """Count one step."""
        self._done += 1
        self._bar.update()
        tenths = self._done * LINES // self._total
        if self._bar.disable and tenths > self._logged:
            self._logged = tenths
            log.info("%s: %d of %d fits", self._title, self._done, self._total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
