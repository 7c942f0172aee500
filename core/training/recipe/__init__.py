"""What happens to a photo and to the learning rate at every step: plain functions of the settings. No TensorFlow."""
