"""Creates the Flask app and wires its parts."""

import logging
from functools import partial
from pathlib import Path

from flask import Flask, request

from petalstream import keys, logs, settings
from petalstream.model.metrics import METRICS
from petalstream.settings import Settings
from petalstream.web import frame, security_headers
from services.api.gateway import auth, compression, problems
from services.api.gateway.auth import Keys
from services.api.gateway.fast_path import FastPath
from services.api.gateway.middleware import Middleware
from services.api.models import watch
from services.api.models.history import History
from services.api.models.registry import Registry
from services.api.models.unloaded_models import UnloadedModels
from services.api.routes import docs, health, model_repository, open_inference, pages, predict
from services.api.server.asgi import Api
from services.api.server.handover import Handover
from services.api.server.shares import Shares
from services.api.telemetry import request_info
from services.api.wire import negotiation

log = logging.getLogger(__name__)


def create_app(configured: Settings | None = None) -> Flask:
    """Return the app with the models on the volume; settings are the environment's unless given."""
    configured = configured or settings.load_or_exit("api")
    logs.configure(configured.log_level)
    app = Flask(__name__)
    app.extensions["settings"] = configured
    app.extensions["registry"] = _registry(configured)
    app.extensions["document"] = docs.Document(configured, Path(app.static_folder or ""))
    frame.register(app)
    app.jinja_env.globals["METRICS"] = METRICS
    app.jinja_env.globals["LIVE_PAGE"] = configured.dashboard_public_url
    for routes in (predict, pages, health, docs, open_inference, model_repository):
        app.register_blueprint(routes.blueprint)
    app.before_request(_record_route)
    app.before_request(problems.require_host)
    # Flask calls the function that is registered first last.
    app.after_request(compression.compress_response)
    api_keys = Keys(keys.read_keys(configured.api_keys)) if configured.api_keys else None
    if api_keys:
        auth.require_key(app, api_keys, configured.api_open)
    app.after_request(negotiation.add_vary)
    app.after_request(security_headers.add_security_headers)
    problems.register(app)
    fast_path = FastPath(app.extensions["registry"], configured, api_keys)
    app.wsgi_app = Middleware(app.wsgi_app, fast_path, configured.api_access_log)  # type: ignore[method-assign]
    return app


def create_server(configured: Settings | None = None) -> Api:
    """Return the ASGI app around the same app, which takes in new models while it serves."""
    configured = configured or settings.load_or_exit("api")
    app = create_app(configured)
    middleware: Middleware = vars(app)["wsgi_app"]
    return Api(middleware, configured, Shares.of_this_worker(), partial(_start, app.extensions["registry"]))


def _start(registry: Registry) -> None:
    watch.start(registry)
    Handover.of_this_worker().serve()


def _registry(configured: Settings) -> Registry:
    shared = settings.shared_folder()
    unloaded = UnloadedModels(shared / "unloaded") if shared else set[str]()
    folder = Path(configured.history_dir) if configured.history_dir else configured.models_dir
    history = History(configured.models_dir, folder, shared.name if shared else "")
    registry = Registry(configured.models_dir, unloaded, history)
    try:
        registry.refresh()
    except OSError as error:  # the watch looks again every second
        log.error("the models volume cannot be read: %s", error)
    served = registry.served
    if not served:
        log.error("no model to serve in %s yet; the trainer publishes one", configured.models_dir)
    elif configured.default_model not in served:
        names = ", ".join(served)
        log.warning("DEFAULT_MODEL is %s, which is not served; served are %s", configured.default_model, names)
    return registry


def _record_route() -> None:
    if request.url_rule:
        request_info.of(request.environ).route = request.url_rule.rule
