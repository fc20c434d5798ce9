"""The HTTP api: rows in, predictions out."""
