"""A published model: its bundle, how it is opened, and what it computes."""
