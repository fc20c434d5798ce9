"""The operator's tools: see and replay dead letters, and see how far the consumer has come."""
