"""The drawing hand behind core.photos.drawn: brush, pets, scenes. No TensorFlow."""
