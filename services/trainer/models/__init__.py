"""One file a model; each defines MODEL, and its file name is the model's name."""
