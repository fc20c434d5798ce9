"""Flask blueprints. Each route only translates between HTTP and the packages below."""
