"""How a process of the stream uses its memory: each record makes dozens of objects, of which none is kept."""

import contextlib
import ctypes
import gc

# glibc's malloc.h
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
YOUNG_OBJECTS, LARGE_BYTES = 50_000, 1024 * 1024


def settle() -> None:
    """Call it once all is imported, and before there are threads.

    What is there now is never looked through for garbage again, and of a batch little, since its objects die young.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    with contextlib.suppress(AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        # Threads that take turns need no memory of their own each, and what was fetched is given back.
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
