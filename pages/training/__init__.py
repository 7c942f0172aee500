"""The page Training, and what only it uses."""
