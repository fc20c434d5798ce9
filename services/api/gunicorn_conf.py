"""Configures gunicorn: `gunicorn -c services/api/gunicorn_conf.py 'services.api.app:create_app()'`."""

import atexit
import gc
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

from petalstream import keys, lifecycle, settings
from petalstream.keys import KeysError
from services.api.server.connection_balance import ConnectionBalance
from services.api.server.worker import SLOW_CLIENTS
from services.api.telemetry import worker_slot


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
_balance = ConnectionBalance()

bind = f"{_configured.api_host}:{_configured.api_port}"
worker_class = "services.api.server.worker.Worker"
workers = _configured.api_workers
threads = _configured.api_threads + _configured.api_queue + SLOW_CLIENTS
# The consumer keeps its connection between batches. A batch fails if the connection is closed as it is sent.
keepalive = 75
# For the requests in flight. Compose kills the container after 10 s.
graceful_timeout = 8
loglevel = _configured.log_level.lower()
# Its socket would need a home folder.
control_socket_disable = True


def pre_request(worker: Any, request: Any) -> None:
    """Give the app a function that closes the connection after the response; WSGI has none."""
    request.body.close_connection = request.force_close


def pre_fork(server: Any, forked: Any) -> None:
    """Give a new worker the lowest slot that is free, and the connection counts of all workers."""
    taken = {alive.slot for alive in server.WORKERS.values()}
    forked.slot = next(slot for slot in count() if slot not in taken)
    forked.balance = _balance


def post_fork(server: Any, forked: Any) -> None:
    """Set the slot of the worker before it loads the app."""
    worker_slot.number = forked.slot


def post_worker_init(ready: Any) -> None:
    """Watch the models volume, in each worker."""
    # What exists now stays. Without this, a large response makes the collector search all of it.
    gc.collect()
    gc.freeze()
    # Not imported above: the metrics behind it must find the shared folder.
    from services.api.models import watch

    watch.start(ready.wsgi.extensions["registry"])


def child_exit(server: Any, ended: Any) -> None:
    """Forget the requests in flight and the connections of a worker that has ended."""
    mark_process_dead(ended.slot)  # type: ignore[no-untyped-call]
    _balance.forget(ended.slot)
