"""Conditions of publication: decided by intervals, on rows that the model was not fitted on."""
