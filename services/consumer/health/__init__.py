"""How the consumer is: whether it is alive and ready, how far each lane is, and the HTTP server that says so."""

from services.consumer.health.server import PortNotFree, serving
from services.consumer.health.state import Health

__all__ = ["Health", "PortNotFree", "serving"]
