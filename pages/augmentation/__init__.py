"""The page Augmentation, and what only it uses."""
