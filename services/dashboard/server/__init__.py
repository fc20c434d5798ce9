"""The ASGI side: server-sent events on the event loop, and Flask in threads."""
