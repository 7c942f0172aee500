"""How long work gives way to the server and to the person's own programs."""

import os
from contextlib import suppress
from pathlib import Path

NICE = 10
AUTOGROUP = Path("/proc/self/autogroup")


def give_way() -> None:
    """Lowers this process's priority; once is enough, twice does no harm. To be called before there are threads.

    Linux shares the processor among sessions first where autogroup is on, and a niceness counts only within one: a worker, which has
    a session of its own, would take as much as the whole server. So the session gives way too, where it is this process's alone.
    """
    os.nice(max(0, NICE - os.nice(0)))
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # another system, or autogroup is off
            AUTOGROUP.write_text(str(NICE))
