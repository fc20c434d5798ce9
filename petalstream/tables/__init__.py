"""CSV, as the trainer and the api read it."""
