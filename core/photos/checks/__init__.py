"""What is wrong with photos, what becomes of each, and how a person decides otherwise."""
