"""Bytes to rows and predictions to bytes: bodies, content negotiation, JSON, CSV and Open Inference tensors."""
