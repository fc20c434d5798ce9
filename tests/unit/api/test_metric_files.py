"""Metrics of several workers, whose files may be damaged or gone."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, values
from prometheus_client.exposition import generate_latest

from services.api.telemetry.metric_files import MetricFiles


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which three workers have counted to 1, 2 and 3."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for number in (1, 2, 3):
        value_class = values.MultiProcessValue(process_identifier=lambda: number)  # type: ignore[no-untyped-call]  # noqa: B023
        monkeypatch.setattr("prometheus_client.metrics.values.ValueClass", value_class)
        Counter("rows", "Rows.", registry=CollectorRegistry()).inc(number)
    return tmp_path


def exposed(folder: Path) -> str:
    """What /metrics has."""
    registry = CollectorRegistry()
    registry.register(MetricFiles(folder))
    return generate_latest(registry).decode()


def test_workers_are_summed(folder: Path) -> None:
    assert "rows_total 6.0" in exposed(folder)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x00\x01\x00\x00" + b"{" * 300])
def test_a_damaged_file_is_left_out_and_logged_once(
    folder: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "counter_2.db").write_bytes(content)
    for _ in range(3):
        assert "rows_total 4.0" in exposed(folder)
    assert caplog.text.count("counter_2.db is left out of /metrics") <= 1


def test_a_folder_that_is_gone_has_no_metrics_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert [exposed(tmp_path / "gone") for _ in range(3)] == [""] * 3
    assert caplog.text.count("gone has no metrics any more") == 1
