"""What to do about it: sentences with evidence and a change behind a button. No TensorFlow."""
