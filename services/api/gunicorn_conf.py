"""How gunicorn serves the api: `gunicorn -c services/api/gunicorn_conf.py 'services.api.app:create_app()'`."""

from petalstream import settings

_configured = settings.load_or_exit("api")

bind = f"{_configured.api_host}:{_configured.api_port}"
worker_class = "gthread"
workers = _configured.api_workers
threads = _configured.api_threads
# The consumer keeps its connection between batches; one that is closed just as it is used again fails the batch.
keepalive = 75
# Requests in flight may end; below the 10 s that Compose waits before it kills.
graceful_timeout = 8
loglevel = _configured.log_level.lower()
# It would want a home folder to put its socket in.
control_socket_disable = True
