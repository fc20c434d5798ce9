"""Creates the Flask app of the live page, and the ASGI app around it that gunicorn serves."""

from flask import Flask

from petalstream import logs, settings
from petalstream.settings import Settings
from petalstream.web import frame, security_headers
from petalstream.web.trusted_hosts import TrustedHosts
from services.dashboard.follow.follower import Follower
from services.dashboard.follow.stack import Stack
from services.dashboard.latest import Latest
from services.dashboard.pages import live
from services.dashboard.routes import health, pages, problems
from services.dashboard.server.asgi import Dashboard, Follows
from services.dashboard.server.events import Events


def create_app(configured: Settings, latest: Latest) -> Flask:
    """Return the app that shows the snapshots of `latest`."""
    app = Flask(__name__)
    app.extensions["latest"] = latest
    frame.register(app)
    live.register(app)
    app.jinja_env.globals["api_url"] = configured.api_public_url.rstrip("/")
    for routes in (pages, health):
        app.register_blueprint(routes.blueprint)
    app.after_request(security_headers.add_security_headers)
    problems.register(app)
    return app


def create_dashboard(configured: Settings, latest: Latest, follower: Follows | None = None) -> Dashboard:
    """Return the ASGI app around the Flask app; `follower` makes the snapshots of `latest` while it serves."""
    app = create_app(configured, latest)
    events = Events(lambda path: live.render(app, path, latest.snapshot))
    return Dashboard(app, events, TrustedHosts(configured.dashboard_trusted_hosts), follower)


def create_server() -> Dashboard:
    """Return the ASGI app with the settings of the environment."""
    configured = settings.load_or_exit("dashboard")
    logs.configure(configured.log_level)
    latest = Latest()
    return create_dashboard(configured, latest, Follower(configured.kafka_bootstrap_servers, Stack(configured), latest))
