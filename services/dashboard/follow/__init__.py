"""Follows the topics of all models: reads every record's header, samples the values, and makes snapshots."""
