"""The history of a model: which version was served when, and what moved it.

The trainer appends to models/<name>/history.jsonl, beside `current`. The api, which may only read that folder, appends
to a file of the same name below HISTORY_DIR. Both files have one JSON object a line; readers merge them by time.
"""
