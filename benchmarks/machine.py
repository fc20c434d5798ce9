"""The machine that was measured on, in words: figures mean little without it."""

import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from benchmarks import wrk
from embedded.jars import VERSION as KAFKA

PACKAGES = ("flask", "gunicorn", "scikit-learn", "numpy", "orjson", "onnxruntime", "kafka-python", "confluent-kafka")
VERSIONS = "import importlib.metadata as m, sys; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"


def describe() -> dict[str, str]:
    """Processor, memory, system and versions."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "processor": f"{_processor()}, {psutil.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "packages": ", ".join(_installed(PACKAGES)),
        "Kafka": KAFKA,
        "load": wrk.version(),
    }


def packages_of(interpreter: Path, names: Iterable[str]) -> str:
    """The versions of packages in another environment."""
    plain = [name.partition("==")[0].partition("[")[0] for name in names]
    asked = subprocess.run([str(interpreter), "-c", VERSIONS, *plain], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def _installed(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue


def _processor() -> str:
    """The processor's name as Linux knows it, or else what platform says."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
