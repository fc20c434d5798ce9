"""Opens models that were fitted elsewhere: ONNX graphs and estimators that skops saved."""
