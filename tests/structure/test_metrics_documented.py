"""Each service declares its metrics in one module, by Prometheus' conventions; docs/monitoring.md has the same list."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from prometheus_client.metrics import MetricWrapperBase

from services.api.telemetry import metrics as api_metrics
from services.consumer import metrics as consumer_metrics
from tests.structure.test_layout import imported

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs" / "monitoring.md").read_text()
ROW = re.compile(r"^\| `(petalstream_\w+)` \| (\w+) \| ([\w, ]*?) ?\| (.+) \|$", re.MULTILINE)
SERVICES = {"api": api_metrics, "consumer": consumer_metrics}
KINDS = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}
UNITS = ("_seconds", "_records", "_rows", "_partitions", "_requests")
# What has no unit: a state, or a name.
WITHOUT_UNIT = {"petalstream_consumer_ready", "petalstream_consumer_lane_state", "petalstream_api_model_info"}


class Row(NamedTuple):
    """What the document has of a metric."""

    name: str
    kind: str
    labels: str
    sentence: str


def described(metric: Any) -> Row:
    """A metric as the document should have it."""
    family = next(iter(metric.collect()))
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = metric._labelnames if isinstance(metric, MetricWrapperBase) else family._labelnames
    return Row(name, family.type, ", ".join(labels), family.documentation)


def declared(module: ModuleType) -> list[Row]:
    """The metrics that a module declares, in order."""
    found: list[Any] = [value for value in vars(module).values() if isinstance(value, MetricWrapperBase)]
    if module is api_metrics:
        found.append(Served())
    return [described(metric) for metric in found]


class Served:
    """The metric that the api makes anew at each scrape, of one served model."""

    def collect(self) -> Any:
        return api_metrics.ModelInfo([]).collect()


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_lists_each_metric_with_its_type_its_labels_and_its_sentence(service: str) -> None:
    rows = [Row(*found) for found in ROW.findall(DOCUMENT) if found[0].startswith(f"petalstream_{service}_")]
    assert sorted(rows) == sorted(declared(SERVICES[service]))


@pytest.mark.parametrize("service", SERVICES)
def test_names_end_with_their_unit_and_meanings_are_sentences(service: str) -> None:
    for row in declared(SERVICES[service]):
        assert re.fullmatch(rf"petalstream_{service}_[a-z_]+", row.name)
        assert row.kind == "counter" or row.name in WITHOUT_UNIT or row.name.endswith(UNITS), row.name
        assert re.fullmatch(r"[A-Z1].*\.", row.sentence), row.sentence


def test_no_other_module_declares_a_metric() -> None:
    for path in sorted((ROOT / "services").rglob("*.py")):
        kinds = {name.removeprefix("prometheus_client.") for name in imported(path)} & KINDS
        assert not kinds or path.name == "metrics.py", path


def test_metrics_that_other_documents_name_exist() -> None:
    names = {row.name for module in SERVICES.values() for row in declared(module)}
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for name in re.findall(r"petalstream_(?:api|consumer)_\w+", path.read_text()):
            assert re.sub(r"_(bucket|count|sum)$", "", name) in names, f"{path.name}: {name}"
