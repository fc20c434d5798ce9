"""Which of gunicorn's workers this process is."""

# From 0 up to the most that are alive at a time; a new worker takes over the number of one that has ended.
number = 0
