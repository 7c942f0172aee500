"""``python -m core bench --accuracy``: what a person waits for is a good network, so: how good is one after 2, 5, 10 and 20 minutes?

    measure.py      which ways there are, which seeds each gets, and the rows
    ours.py         the app's own ``train --minutes``, from a folder of photos to the tested network
    keras_ways.py   what people write in Keras instead, in a process of its own
    resnet.py       PyTorch's ResNet-18, in an environment of its own that ``torch_environment.py`` makes
    clock.py        minutes from Start, stopped while a network is read
    readings.py     readings in a file, so that hours of measuring can be interrupted and go on
    picture.py      accuracy against minutes, and the table

Time counts from the start of the process: imports, the scan or the first decoding, and every validation are in it, as in a person's own
minutes. The others train once for the longest time and are read on the way; ours is told each time how long it has. A reading takes the
weights that were best on the validation photos so far, and no test photo decides anything.
"""

from core.bench.accuracy.measure import ROWS, Row, accuracy
from core.bench.accuracy.picture import draw, table

__all__ = ["ROWS", "Row", "accuracy", "draw", "table"]
