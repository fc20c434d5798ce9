"""Streams the test set of each published model to its request topic, record by record."""
