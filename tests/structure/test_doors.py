"""The rules of the layout: who may import what, and which module is the one door to what."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRODUCT = [path for room in ("petalstream", "services", "embedded") for path in sorted((ROOT / room).rglob("*.py"))]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/__init__.py"))
PACKAGES = {"flask": "flask", "gunicorn": "gunicorn", "joblib": "joblib", "kafka": "kafka-python", "numpy": None}
PACKAGES |= {"click": "click", "prometheus_client": "prometheus-client", "tenacity": "tenacity"}
PACKAGES |= {"requests": "requests", "urllib3": "requests"}
PACKAGES |= {"matplotlib": "matplotlib", "tqdm": "tqdm", "jsonschema": "jsonschema"}
PACKAGES |= {"yaml": "pyyaml", "flask_swagger_ui": "flask-swagger-ui", "filelock": "filelock"}
PACKAGES |= {"flask_cors": "flask-cors", "onnx": "onnx", "onnxruntime": "onnxruntime", "skl2onnx": "skl2onnx"}
PACKAGES |= {"httptools": "httptools", "orjson": "orjson"}
PACKAGES |= {"sklearn": "scikit-learn", "werkzeug": "flask"}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, and every name out of one, as a.b.c."""
    for found in ast.walk(ast.parse(path.read_text())):
        if isinstance(found, ast.Import):
            yield from (alias.name for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            assert found.level == 0, f"{path} has a relative import"
            yield from (f"{found.module}.{alias.name}" for alias in found.names)


def importers(package: str) -> list[str]:
    """The product's files that import a package or something in it, from the root."""
    return [
        str(path.relative_to(ROOT))
        for path in PRODUCT
        if any(name == package or name.startswith(f"{package}.") for name in imported(path))
    ]


def uses(path: Path, owner: str, attribute: str) -> bool:
    """Whether a file says `owner.attribute`, or imports it by name."""
    return f"{owner}.{attribute}" in imported(path) or any(
        isinstance(found, ast.Attribute)
        and found.attr == attribute
        and isinstance(found.value, ast.Name)
        and found.value.id == owner
        for found in ast.walk(ast.parse(path.read_text()))
    )


def test_one_room_imports_the_kafka_clients_and_only_a_corner_of_it_the_optional_one() -> None:
    assert all(path.startswith("petalstream/broker/") for path in importers("kafka"))
    assert {str(Path(path).parent) for path in importers("confluent_kafka")} == {"petalstream/broker/confluent"}
    assert importers("petalstream.broker.confluent.Confluent") == ["petalstream/broker/choice.py"]


@pytest.mark.parametrize("service", ["consumer", "producer"])
def test_the_optional_client_is_installed_beside_the_other_where_the_stream_goes(service: str) -> None:
    folder = ROOT / "services" / service
    assert (folder / "requirements-confluent.txt").read_text().split() == ["confluent-kafka"]
    assert "ARG KAFKA_CLIENT=kafka-python\n" in (folder / "Dockerfile").read_text()


def test_one_module_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT)) for path in PRODUCT if uses(path, "os", "environ") or uses(path, "os", "getenv")
    ]
    assert readers == ["petalstream/settings.py"]


def test_one_module_unpickles_models() -> None:
    assert importers("pickle") == []
    assert [str(path.relative_to(ROOT)) for path in PRODUCT if uses(path, "joblib", "load")] == [
        "services/api/scoring/runtime.py"
    ]


def test_one_module_runs_onnx_graphs_and_the_api_converts_none() -> None:
    assert importers("onnxruntime") == ["petalstream/graph.py"]
    for package in ("onnx", "skl2onnx"):
        assert {Path(path).parts[1] for path in importers(package)} == {"trainer"}


def test_no_service_imports_another_nor_the_demo() -> None:
    for service in SERVICES:
        for path in (ROOT / "services" / service).rglob("*.py"):
            for name in imported(path):
                assert not name.startswith("embedded"), path
                assert not name.startswith("services") or name.startswith(f"services.{service}"), path


def test_what_services_share_imports_no_service() -> None:
    assert [name for name in importers("services") if name.startswith("petalstream/")] == []
    assert [name for name in importers("embedded") if name.startswith("petalstream/")] == []


def test_the_scorer_knows_no_web_framework() -> None:
    for framework in ("flask", "werkzeug"):
        assert "services/api/scoring/scorer.py" not in importers(framework)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_requires_what_it_imports_and_nothing_else(service: str) -> None:
    required = set((ROOT / "services" / service / "requirements.txt").read_text().split())
    own = [path for path in PRODUCT if f"services/{service}/" in str(path)]
    reached = {name.split(".")[0] for path in own for name in imported(path)}
    if any(name.startswith("petalstream.broker") for path in own for name in imported(path)):
        reached.add("kafka")
    if any(name.startswith("petalstream.graph") for path in own for name in imported(path)):
        reached.add("onnxruntime")
    needed = {PACKAGES[name] for name in reached - set(sys.stdlib_module_names) - {"petalstream", "services"}}
    # What a library needs beside it: pickled models, the server of the app, checksums in C and codecs for Kafka.
    beside = {"api": {"scikit-learn", "gunicorn"}, "consumer": {"crc32c", "cramjam"}, "trainer": set()}
    beside.setdefault(service, {"crc32c"})
    assert required == (needed | beside[service]) - {None}


def test_functions_and_files_stay_small() -> None:
    for path in PRODUCT:
        assert len(path.read_text().splitlines()) <= 200, path
        for found in ast.walk(ast.parse(path.read_text())):
            if isinstance(found, ast.FunctionDef):
                assert (found.end_lineno or 0) - found.lineno < 45, f"{path}: {found.name}"


def test_everything_public_is_explained() -> None:
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
