"""gunicorn's worker, and what it needs to respond to small requests on its event loop."""
