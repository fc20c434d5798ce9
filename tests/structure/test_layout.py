"""The rules of the layout that import-linter's contracts in pyproject.toml cannot say."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRODUCT = [path for folder in ("petalstream", "services", "embedded") for path in sorted((ROOT / folder).rglob("*.py"))]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/__init__.py"))
PACKAGES = {"flask": "flask", "gunicorn": "gunicorn", "joblib": "joblib", "kafka": "kafka-python", "numpy": None}
PACKAGES |= {"click": "click", "prometheus_client": "prometheus-client", "tenacity": "tenacity"}
PACKAGES |= {"requests": "requests", "urllib3": "requests"}
PACKAGES |= {"matplotlib": "matplotlib", "tqdm": "tqdm", "jsonschema": "jsonschema"}
PACKAGES |= {"yaml": "pyyaml", "flask_swagger_ui": "flask-swagger-ui", "filelock": "filelock"}
PACKAGES |= {"onnx": "onnx", "onnxruntime": "onnxruntime", "skl2onnx": "skl2onnx"}
PACKAGES |= {"packaging": "packaging", "pandas": "pandas"}
PACKAGES |= {"skops": "skops"}
PACKAGES |= {"orjson": "orjson", "starlette": "starlette", "a2wsgi": "a2wsgi", "rich": "rich"}
PACKAGES |= {"sklearn": "scikit-learn", "scipy": "scipy", "werkzeug": "flask"}


# What the trainer imports in a process of its own, petalstream/model/opening.py.
OPENING = {"jsonschema", "packaging"}


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, and every name that it imports from one, as a.b.c."""
    for found in ast.walk(ast.parse(path.read_text())):
        if isinstance(found, ast.Import):
            yield from (alias.name for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            assert found.level == 0, f"{path} has a relative import"
            yield from (f"{found.module}.{alias.name}" for alias in found.names)


def uses(path: Path, owner: str, attribute: str) -> bool:
    """Return whether a file uses `owner.attribute`, or imports it by name."""
    return f"{owner}.{attribute}" in imported(path) or any(
        isinstance(found, ast.Attribute)
        and found.attr == attribute
        and isinstance(found.value, ast.Name)
        and found.value.id == owner
        for found in ast.walk(ast.parse(path.read_text()))
    )


def test_the_contracts_cover_every_service() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    services = [f"services.{service}" for service in SERVICES]
    assert linter["root_packages"] == ["embedded", "petalstream", *services]
    assert " | ".join(services) in linter["contracts"][0]["layers"]


@pytest.mark.parametrize("service", ["consumer", "producer"])
def test_the_images_that_use_kafka_can_install_the_optional_client(service: str) -> None:
    folder = ROOT / "services" / service
    assert (folder / "requirements-confluent.txt").read_text().split() == ["confluent-kafka"]
    assert "ARG KAFKA_CLIENT=kafka-python\n" in (folder / "Dockerfile").read_text()


def test_one_module_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT)) for path in PRODUCT if uses(path, "os", "environ") or uses(path, "os", "getenv")
    ]
    assert readers == ["petalstream/settings.py"]


def test_one_module_unpickles_models() -> None:
    assert not any(name.split(".")[0] == "pickle" for path in PRODUCT for name in imported(path))
    assert [str(path.relative_to(ROOT)) for path in PRODUCT if uses(path, "joblib", "load")] == [
        "petalstream/model/runtime.py",
        # In a process or container of its own.
        "services/importer/opening.py",
    ]


def with_shared(paths: list[Path]) -> set[Path]:
    """Return the files and all modules of petalstream that they import, except those of the broker."""
    found, waiting = set[Path](), list(paths)
    while waiting:
        path = waiting.pop()
        if path not in found and "broker" not in path.parts:
            found.add(path)
            names = [name for name in imported(path) if name.startswith("petalstream.")]
            candidates = [
                (ROOT / each.replace(".", "/")).with_suffix(".py") for name in names for each in parents(name)
            ]
            waiting += [each for each in candidates if each.is_file()]
    return found


def parents(name: str) -> tuple[str, str]:
    """Return the name, which may be a module, and what it is in."""
    return name, name.rpartition(".")[0]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_requires_what_it_imports_and_nothing_else(service: str) -> None:
    required = set((ROOT / "services" / service / "requirements.txt").read_text().split())
    own = [path for path in PRODUCT if f"services/{service}/" in str(path)]
    reached = {name.split(".")[0] for path in with_shared(own) for name in imported(path)}
    if any(name.startswith("petalstream.broker") for path in own for name in imported(path)):
        reached.add("kafka")
    needed = {PACKAGES[name] for name in reached - set(sys.stdlib_module_names) - {"petalstream", "services"}}
    # What a library needs beside it: pickled models, the app's server and its loop, checksums and codecs for Kafka.
    beside = {"api": {"scikit-learn", "gunicorn", "uvloop"}, "consumer": {"crc32c", "cramjam"}, "trainer": OPENING}
    beside["dashboard"] = {"crc32c", "cramjam", "gunicorn"}
    beside["importer"] = {"cloudpickle"}  # in files that mlflow has written
    beside.setdefault(service, {"crc32c"})
    assert required == (needed | beside[service]) - {None}


def test_functions_and_files_stay_small() -> None:
    for path in PRODUCT:
        assert len(path.read_text().splitlines()) <= 200, path
        for found in ast.walk(ast.parse(path.read_text())):
            if isinstance(found, ast.FunctionDef):
                assert (found.end_lineno or 0) - found.lineno < 45, f"{path}: {found.name}"


def test_every_public_name_has_a_docstring() -> None:
    for path in PRODUCT:
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), path
        for found in ast.walk(tree):
            if isinstance(found, ast.FunctionDef | ast.ClassDef) and not found.name.startswith(("_", "on_signal")):
                nested = isinstance(found, ast.FunctionDef) and not any(
                    found in getattr(owner, "body", [])
                    for owner in ast.walk(tree)
                    if isinstance(owner, ast.Module | ast.ClassDef)
                )
                assert nested or ast.get_docstring(found), f"{path}: {found.name}"
