"""Configures gunicorn: `gunicorn -c services/api/gunicorn_conf.py 'services.api.app:create_server()'`."""

import atexit
import os
import resource
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

from petalstream import address, keys, lifecycle, settings, stalled_clients
from petalstream.keys import KeysError
from services.api.server.handover import Handover
from services.api.server.shares import Shares
from services.api.telemetry import worker_slot

MOST_FILES = 65_536
# The workers are what uses the processors.
settings.limit_native_threads()


def _delete_shared_folder(master: int) -> None:
    """Delete the folder that the workers share, in the process that created it."""
    if os.getpid() == master:
        shutil.rmtree(settings.shared_folder() or "", ignore_errors=True)


_configured = settings.load_or_exit("api")
try:
    keys.authorization(_configured.api_keys)
except KeysError as error:
    raise SystemExit(f"api: {error}") from None
# gunicorn reads this file again on SIGHUP, when there is a folder already.
if not settings.shared_folder():
    # A SIGTERM before gunicorn handles signals must not leave the folder behind.
    lifecycle.exit_on_sigterm()
    settings.share_folder(Path(tempfile.mkdtemp(prefix="petalstream-api-")))
    atexit.register(_delete_shared_folder, os.getpid())
# Each connection takes a file, and most systems allow far more of them than they do by default.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(_soft, min(_hard, MOST_FILES)), _hard))
_shares, _handover = Shares.of_this_worker(), Handover.of_this_worker()

bind = address.bind(_configured.api_host, _configured.api_port)
worker_class, asgi_loop = "asgi", "uvloop"
# The app starts and stops with a worker (server/asgi.py).
asgi_lifespan = "on"
workers = _configured.api_workers
# The consumer keeps its connection between batches. A batch fails if the connection is closed as it is sent.
keepalive = 75
# For the requests in flight. Compose kills the container after 10 s.
graceful_timeout = 8
loglevel = _configured.log_level.lower()
# Its socket would need a home folder.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Refuse what GUNICORN_CMD_ARGS or the command line may have changed, and the api cannot run with."""
    if server.cfg.worker_class_str != worker_class or server.cfg.preload_app:
        raise SystemExit("api: gunicorn's --worker-class and --preload cannot be changed: the api is an ASGI app")


def on_reload(server: Any) -> None:
    """Have the workers that are running wait for new ones."""
    _handover.begin()


def pre_fork(server: Any, forked: Any) -> None:
    """Give a new worker the lowest slot that is free."""
    taken = {alive.slot for alive in server.WORKERS.values()}
    forked.slot = next(slot for slot in count() if slot not in taken)


def post_fork(server: Any, forked: Any) -> None:
    """Set the slot of the worker before it loads the app, and bound how long its clients may read nothing."""
    worker_slot.number = forked.slot
    _handover.join()
    stalled_clients.disconnect(forked.sockets)


def post_worker_init(worker: Any) -> None:
    """Have the worker accept connections after SIGHUP until new ones do."""
    _handover.stop_after(worker)


def child_exit(server: Any, ended: Any) -> None:
    """Forget a worker that has ended: its requests in flight, its connections, and that it serves."""
    mark_process_dead(ended.slot)  # type: ignore[no-untyped-call]
    _shares.forget(ended.slot)
    _handover.forget(ended.slot)
