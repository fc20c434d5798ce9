"""The routes that Flask serves: pages, the same as JSON, and the state of this service."""
