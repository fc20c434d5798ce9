"""What a manifest says of a fitted estimator: its metrics, golden rows and the distributions of its inputs."""
