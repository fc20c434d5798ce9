"""The number of this gunicorn worker, which its metrics and its connections are counted by."""

# Less than the number of workers that are alive at once: a new worker takes the number of one that has ended.
number = 0
