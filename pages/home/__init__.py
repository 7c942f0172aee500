"""The page Home, and what only it uses."""
