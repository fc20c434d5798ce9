"""Makes the part of a snapshot that shows one model."""

from services.dashboard.follow.model_follower import ModelFollower
from services.dashboard.snapshot import Lag, Lane, ModelSnapshot
from services.dashboard.statistics.latencies import quantile
from services.dashboard.statistics.quality import class_rows, confusion, quality, residuals
from services.dashboard.status.api_status import ModelFacts

# A request that has waited for less is on its way: it says nothing of the lag.
IN_FLIGHT_SECONDS = 1.0


def view(model: ModelFollower, facts: ModelFacts, lane: Lane | None, now: float) -> ModelSnapshot:
    """Return what the page shows of a model at the time `now`, in seconds since 1970."""
    total, recent = model.hour.total(now), model.hour.recent(now)
    requests_per_second, outcomes_per_second = model.hour.rates(now)
    keys, unit = model.values.keys.count(now), model.values.unit
    return ModelSnapshot(
        name=model.name,
        title=facts.title or model.name,
        version=facts.version,
        since=facts.since,
        moved_by=facts.moved_by,
        lane=lane,
        requests_per_second=requests_per_second,
        outcomes_per_second=outcomes_per_second,
        p50_ms=quantile(recent.latencies, 0.5),
        p99_ms=quantile(recent.latencies, 0.99),
        lag=_lag(*model.lag(now), requests_per_second, outcomes_per_second),
        quality=quality(total, keys, unit),
        test_quality=facts.test_quality,
        dead_letters=dict(total.dead_letters.most_common()),
        ledger=model.ledger.view(),
        minutes=model.hour.minutes(now),
        classes=class_rows(total, keys),
        confusion=confusion(total),
        residuals=residuals(total, unit),
        last_predictions=tuple(sorted(model.values.predictions, key=lambda row: -row.at)),
        last_dead_letters=tuple(sorted(model.values.dead_letters, key=lambda row: -row.at)),
        sampled_share=min(1.0, recent.sampled / recent.predictions) if recent.predictions else 1.0,
    )


def _lag(records: int, seconds: float | None, requests_per_second: float, outcomes_per_second: float) -> Lag:
    gained = outcomes_per_second - requests_per_second
    is_waiting = records > 0 and outcomes_per_second > 0
    return Lag(
        records=records,
        seconds=seconds,
        clear_seconds=records / gained if is_waiting and gained > 0 else None,
        grows=is_waiting and gained <= 0 and (seconds is None or seconds > IN_FLIGHT_SECONDS),
    )
