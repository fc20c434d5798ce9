"""Configures gunicorn: `gunicorn -c services/dashboard/gunicorn_conf.py 'services.dashboard.app:create_server()'`."""

from typing import Any

from petalstream import address, settings, stalled_clients

_configured = settings.load_or_exit("dashboard")

bind = address.bind(_configured.dashboard_host, _configured.dashboard_port)
worker_class, asgi_loop = "asgi", "asyncio"
# The app starts and stops the thread that follows the topics.
asgi_lifespan = "on"
# One process follows the topics, and all viewers see what it has read.
workers = 1
# A viewer goes from page to page on one connection.
keepalive = 15
# A stream of events does not end by itself, and a browser reconnects to the next process.
graceful_timeout = 2
loglevel = _configured.log_level.lower()
# Its socket would need a home folder.
control_socket_disable = True


def post_fork(server: Any, forked: Any) -> None:
    """Bound how long a viewer may read nothing."""
    stalled_clients.disconnect(forked.sockets)
