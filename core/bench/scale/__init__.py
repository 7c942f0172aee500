"""``python -m core bench --scale``: how cost grows with the number of photos, of runs and of epochs, as exponents.

    fit.py       an exponent from a few points, and what is said of the part that does not grow
    world.py     workspaces of so many photos, runs or epochs, and processor time
    measures.py  what is measured in each

Cost is processor time of all processes together, which other programs on the machine do not lengthen, or bytes. What may grow with what it
works on is fitted without its fixed part (``grown``), so that a slow start hides nothing; what should hardly grow at all is fitted as it is.
Photos are drawn blobs of 200 pixels, no two alike; runs and epochs are written, not trained.
"""

from core.bench.scale.measures import ROWS, scale

__all__ = ["ROWS", "scale"]
