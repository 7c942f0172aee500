"""The page Results, and what only it uses."""
