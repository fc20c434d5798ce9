"""Bundles on the models volume: what is there, whether training would change it, and how the next one is written."""
