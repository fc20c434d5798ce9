"""A process of the stream settles its memory once, and works on."""

import subprocess
import sys

SETTLED = """
import gc
from petalstream import memory
before = gc.get_threshold()[0]
memory.settle()
print(gc.get_freeze_count() > 1000, gc.get_threshold()[0] > before, len(bytes(4 * memory.LARGE_BYTES)))
"""


def test_what_is_there_is_never_looked_through_again_and_a_batch_seldom() -> None:
    told = subprocess.run([sys.executable, "-c", SETTLED], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "True", str(4 * 1024 * 1024)]
