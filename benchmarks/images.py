"""How much our images add to the Python image that they are built on."""

import os
from collections.abc import Iterator

from benchmarks.bench import Bench, BenchmarkError, say
from benchmarks.compose import Project, why_not
from benchmarks.results import OURS, Bar, Row

LIMITS = {"producer": 15, "consumer": 25, "dashboard": 25, "api": 350}
PYTHON_IMAGE = "python:3.13-slim-trixie"


def measure(bench: Bench) -> Iterator[Row]:
    """Megabytes of each image less those of its base; not quickly, since images are built."""
    reason = "images are not built quickly" if bench.quick else why_not()
    sizes = {} if reason else _sizes()
    for service, most in LIMITS.items():
        measured = {OURS: [sizes[service]]} if service in sizes else {}
        missing = {} if measured else {OURS: reason or "it was not built"}
        what = f"image of the {service} less its Python image"
        yield Row(f"image {service}", "images", what, "MB", measured, [Bar(most=most)], missing)


def _sizes() -> dict[str, float]:
    say("images: building them")
    with Project.of_its_own() as project:
        project.run("docker", "compose", "build", *LIMITS)
        base = _size(project, os.environ.get("PYTHON_IMAGE") or PYTHON_IMAGE)
        return {service: _size(project, f"{project.name}-{service}") - base for service in LIMITS}


def _size(project: Project, image: str) -> float:
    try:
        return int(project.run("docker", "image", "inspect", "--format", "{{.Size}}", image)) / 1e6
    except ValueError as error:
        raise BenchmarkError(f"the size of {image} is not known: {error}") from error
