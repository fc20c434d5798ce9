"""`make import`: takes in a model that was fitted elsewhere, with a CSV to evaluate it on."""
