"""Long work outside the server: a folder of plain files, a lock, events, requests, a queue. No TensorFlow."""
