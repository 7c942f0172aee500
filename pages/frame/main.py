"""The script that runs at every visit and every touch: the frame, and the page inside it."""

from pages.frame import header as frame

frame.draw()
