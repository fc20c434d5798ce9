"""The operator's tools: see and replay dead letters, resume paused lanes, and see how far the consumer is behind."""
