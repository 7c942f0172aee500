"""Several runs that differ in one setting."""
