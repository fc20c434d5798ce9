"""A CSV as labelled samples, and its split into training, validation and test parts."""
