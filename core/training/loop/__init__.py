"""One training: load, step, judge, save."""
