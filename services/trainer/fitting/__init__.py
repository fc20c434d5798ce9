"""Grid search and cross-validation: everything that fits an estimator."""
