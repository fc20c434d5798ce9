"""The ASGI app around Flask: small predictions on gunicorn's event loop, everything else in threads."""
