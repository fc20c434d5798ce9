"""Opens a pickled model in a container of its own, and hands it on as data."""
