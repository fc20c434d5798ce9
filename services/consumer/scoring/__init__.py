"""Turns the records of one model into outcomes: predictions and dead letters, one for each record, in order."""
