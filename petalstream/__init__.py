"""What at least two services must agree on; nothing here imports a service."""
