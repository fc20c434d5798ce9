"""The app factory, where the api is wired."""

import logging

from flask import Flask

from petalstream import logs, settings
from petalstream.settings import Settings
from services.api import compression, headers, negotiation, pages, problems, routes, wording
from services.api.registry import Registry

log = logging.getLogger(__name__)


def create_app(configured: Settings | None = None) -> Flask:
    """The api with the models loaded; settings are the environment's unless given."""
    configured = configured or settings.load_or_exit("api")
    logs.configure(configured.log_level)
    app = Flask(__name__)
    # Werkzeug cuts a body of unknown length off at this size without an error; one byte more tells that it was larger.
    app.config["MAX_CONTENT_LENGTH"] = configured.api_max_body_bytes + 1
    app.extensions["settings"] = configured
    app.extensions["registry"] = _loaded(configured)
    app.jinja_env.filters.update(wording.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(pages.blueprint)
    app.before_request(problems.require_host)
    app.after_request(compression.gzipped)
    app.after_request(negotiation.mark)
    app.after_request(headers.secure)
    problems.register(app)
    return app


def _loaded(configured: Settings) -> Registry:
    found = Registry.load(configured.models_dir)
    if found.scorers and configured.default_model not in found.scorers:
        served = ", ".join(found.scorers)
        log.warning("DEFAULT_MODEL is %s, which is not served; served are %s", configured.default_model, served)
    return found
