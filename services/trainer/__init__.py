"""Trains models from CSVs and publishes them as bundles. The path of the data:

1. `__main__` gets the names of models. `training` trains each, unless `publishing` finds a bundle that is up to date.
2. `models` loads the file of the model: a `definition` of its columns, its estimator and its grid of parameters.
3. `preparation` has `data` read the CSV, check each line, and divide the rows 3:1:1 into training, validation and test
   part; rows that an earlier version knew keep their part.
4. `fitting` searches the grid for the best parameters by cross-validation on the training part.
5. `conditions` decides on the validation part whether the model may be published: if not, the training ends.
6. A model of labels is fitted again, on the validation part too. On the test part `evaluation` computes metrics, and
   `conditions` compares it with the served version; `fitting` cross-validates the chosen parameters on all samples.
7. `conversion` makes an ONNX model and compares its predictions with scikit-learn's.
8. `report` draws the figures; `evaluation` predicts the golden rows and counts values for the manifest.
9. `publishing` writes the bundle as the next version, makes that the served one, and deletes old versions.

What differs between labels and numbers as targets is in `tasks`. `rollback` makes another version on the volume the
served one, `drafting` (`make new`) writes the file of a model, and `checking` (`make check`) tries one in seconds.
"""
