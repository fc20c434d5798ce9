"""How outcomes and offsets reach the broker: each lane has a writer, at least once or exactly once."""
