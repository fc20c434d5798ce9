"""View models: what the templates of the pages show, as plain data without Flask."""
