"""The app factory, where the api is wired."""

import logging
from pathlib import Path

from flask import Flask, request
from flask_cors import CORS

from petalstream import keys, logs, settings
from petalstream.settings import Settings
from services.api import (
    auth,
    compression,
    explorer,
    headers,
    negotiation,
    notes,
    observability,
    pages,
    problems,
    protocol,
    repository,
    routes,
    wording,
)
from services.api.auth import Keys
from services.api.front import Front
from services.api.gate import Gate
from services.api.registry import Registry
from services.api.short_way import ShortWay
from services.api.unloaded import Unloaded

log = logging.getLogger(__name__)


def create_app(configured: Settings | None = None) -> Flask:
    """The api with the models that are on the volume now; settings are the environment's unless given."""
    configured = configured or settings.load_or_exit("api")
    logs.configure(configured.log_level)
    app = Flask(__name__)
    app.extensions["settings"] = configured
    app.extensions["registry"] = _registry(configured)
    app.extensions["document"] = explorer.Document(configured, Path(app.static_folder or ""))
    app.jinja_env.filters.update(wording.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for room in (routes, pages, observability, explorer, protocol, repository):
        app.register_blueprint(room.blueprint)
    app.before_request(_note_route)
    app.before_request(problems.require_host)
    # What is registered first is called last.
    app.after_request(compression.gzipped)
    required = Keys(keys.read_keys(configured.api_keys)) if configured.api_keys else None
    if required:
        auth.guard(app, required, configured.api_open)
    if configured.api_cors_origins:
        origins = configured.api_cors_origins.split(",")
        CORS(app, origins=origins, send_wildcard=True, expose_headers=["Retry-After", "X-Request-ID"])
    app.after_request(negotiation.mark)
    app.after_request(headers.secure)
    problems.register(app)
    gate = Gate(configured.api_threads, configured.api_queue)
    # Answers to scripts of other origins have headers of their own.
    short_way = None if configured.api_cors_origins else ShortWay(app.extensions["registry"], configured, required)
    app.wsgi_app = Front(  # type: ignore[method-assign]
        app.wsgi_app, short_way, gate, configured.api_max_body_bytes, configured.api_access_log
    )
    return app


def _registry(configured: Settings) -> Registry:
    shared = settings.shared_folder()
    registry = Registry(configured.models_dir, Unloaded(shared / "unloaded") if shared else set())
    registry.refresh()
    served = registry.served
    if not served:
        log.error("no model to serve in %s yet; the trainer publishes one", configured.models_dir)
    elif configured.default_model not in served:
        names = ", ".join(served)
        log.warning("DEFAULT_MODEL is %s, which is not served; served are %s", configured.default_model, names)
    return registry


def _note_route() -> None:
    if request.url_rule:
        notes.of(request.environ).route = request.url_rule.rule
