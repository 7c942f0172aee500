"""Every setting of an experiment, declared once: one file a part, and the limits they are declared with."""
