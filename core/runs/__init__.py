"""A run is a job with a config, a history and checkpoints. No TensorFlow."""
