"""A fitted estimator as an ONNX model, compared with scikit-learn before it is published."""
