"""What every request passes before and after a route: the concurrency limit, the fast path, API keys and errors."""
