"""The machine that was measured on, in words: figures mean little without it."""

import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from benchmarks import wrk
from benchmarks.bench import ROOT
from benchmarks.peers import catalogue
from benchmarks.peers.catalogue import HttpPeer, StreamPeer
from embedded.jars import VERSION as KAFKA

PACKAGES = ("flask", "gunicorn", "scikit-learn", "numpy", "orjson", "onnxruntime", "kafka-python", "confluent-kafka")
PEERS = ROOT / ".cache" / "peers"
VERSIONS = "import importlib.metadata as m, sys; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"


def describe() -> dict[str, str]:
    """Processor, memory, system and versions, those of each peer that has its environment too."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "processor": f"{_processor()}, {psutil.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "packages": ", ".join(_installed(PACKAGES)),
        "Kafka": KAFKA,
        "load": wrk.version(),
        **dict(_peers()),
    }


def _peers() -> Iterable[tuple[str, str]]:
    peers: list[HttpPeer | StreamPeer] = [*catalogue.HTTP.values(), *catalogue.STREAM.values()]
    for peer in peers:
        interpreter = PEERS / peer.name / "bin" / "python"
        if interpreter.exists():
            command = [str(interpreter), "-c", VERSIONS, *peer.packages]
            yield peer.title, subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


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
