"""What a training will need, and what was measured. No TensorFlow."""
