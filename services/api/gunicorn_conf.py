"""How gunicorn serves the api: `gunicorn -c services/api/gunicorn_conf.py 'services.api.app:create_app()'`."""

import atexit
import gc
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

import services.api.models.watch
from petalstream import keys, lifecycle, settings
from petalstream.keys import KeysError
from services.api.server.connection_balance import ConnectionBalance
from services.api.server.worker import SLOW_CLIENTS
from services.api.telemetry import worker_slot


def _leave_nothing(master: int) -> None:
    """Delete the folder that the workers share, once the process that has made it ends."""
    if os.getpid() == master:
        shutil.rmtree(settings.shared_folder() or "", ignore_errors=True)


_configured = settings.load_or_exit("api")
try:
    keys.authorization(_configured.api_keys)
except KeysError as error:
    raise SystemExit(f"api: {error}") from None
# Read again on SIGHUP, when the workers have such a folder already.
if not settings.shared_folder():
    # Until gunicorn handles signals itself, one that comes must not leave the folder behind.
    lifecycle.exit_on_sigterm()
    settings.share_folder(Path(tempfile.mkdtemp(prefix="petalstream-api-")))
    atexit.register(_leave_nothing, os.getpid())
_shares = ConnectionBalance()

bind = f"{_configured.api_host}:{_configured.api_port}"
worker_class = "services.api.server.worker.Worker"
workers = _configured.api_workers
threads = _configured.api_threads + _configured.api_queue + SLOW_CLIENTS
# The consumer keeps its connection between batches; one that is closed just as it is used again fails the batch.
keepalive = 75
# Requests in flight may end; below the 10 s that Compose waits before it kills.
graceful_timeout = 8
loglevel = _configured.log_level.lower()
# It would want a home folder to put its socket in.
control_socket_disable = True


def pre_request(worker: Any, request: Any) -> None:
    """Let the app say that the connection is to be closed after its answer: WSGI itself has no way to."""
    request.body.close_connection = request.force_close


def pre_fork(server: Any, forked: Any) -> None:
    """Give a new worker the lowest number that no living one has, and a look at what the others have to do."""
    taken = {alive.slot for alive in server.WORKERS.values()}
    forked.slot = next(number for number in count() if number not in taken)
    forked.shares = _shares


def post_fork(server: Any, forked: Any) -> None:
    """Let the worker know its number before it loads the app."""
    worker_slot.number = forked.slot


def post_worker_init(ready: Any) -> None:
    """Begin to watch the volume, in the process that serves."""
    # What is there now is there for good; without this a large answer has it all looked through for garbage.
    gc.collect()
    gc.freeze()
    # Imported here, once the folder is shared: the metrics behind it look for that.

    services.api.models.watch.start(ready.wsgi.extensions["registry"])


def child_exit(server: Any, ended: Any) -> None:
    """Forget what a worker had in flight, however it ended."""
    mark_process_dead(ended.slot)  # type: ignore[no-untyped-call]
    _shares.forget(ended.slot)
