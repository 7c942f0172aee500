"""The page Photos, and what only it uses."""
