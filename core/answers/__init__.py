"""Answers of trained networks: about one photo, about a split."""
