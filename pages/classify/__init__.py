"""The page Classify, and what only it uses."""
