"""The script that runs at every visit and every touch: the frame, and the page inside it."""

from pages.shared import frame

frame.draw()
