"""How far each lane is: records that wait, the oldest of them, and the lane's partitions."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence

from petalstream.broker import PartitionProgress
from petalstream.latency import age
from petalstream.messages import ReceivedRecord, model_of
from services.consumer import metrics
from services.consumer.lanes.lanes import Lanes


def count(partitions: Iterable[PartitionProgress], lanes: Lanes) -> None:
    """Set the metrics of each lane, from the assigned partitions and the records that the lanes have."""
    behind, assigned = Counter[str](), Counter[str]()
    for each in partitions:
        model = model_of(each.topic)
        assigned[model] += 1
        if each.position is not None and each.end is not None:
            behind[model] += max(0, each.end - each.position)
    for lane in lanes.all():
        waiting = lane.unsettled()
        metrics.LAG.labels(lane.model).set(behind[lane.model] + len(waiting))
        metrics.ASSIGNED.labels(lane.model).set(assigned[lane.model])
        metrics.BEHIND.labels(lane.model).set(oldest_age(waiting, time.time()))


def oldest_age(records: Sequence[ReceivedRecord], now: float) -> float:
    """Return the age of the oldest record in seconds at the time `now`, by its timestamp; 0 without a usable one."""
    ages = (age(record.timestamp, now) for record in records)
    return max((each for each in ages if each is not None), default=0.0)
