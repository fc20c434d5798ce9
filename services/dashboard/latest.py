"""The newest snapshot, handed from the thread that follows the topics to those that serve pages."""

import time

from services.dashboard.snapshot import Snapshot


class Latest:
    """Holds one snapshot; it is replaced as a whole, so that no lock is needed."""

    def __init__(self) -> None:
        self.snapshot = Snapshot(time.time(), "connecting to Kafka", (), {})
