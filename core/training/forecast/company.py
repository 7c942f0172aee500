"""Who else used the processor while something was measured. No TensorFlow."""

import psutil


class Company:
    """Who else used the processor since this was made.

    A measurement is for a machine that does nothing else; what others take is reckoned out, as far as it was missed.
    """

    def __init__(self):
        self._before = self._used()

    @staticmethod
    def _used() -> tuple[float, float, float]:
        """(seconds of all cores, of which idle, of which this process)."""
        times = psutil.cpu_times()._asdict()
        own = sum(psutil.Process().cpu_times()[:2])
        guests = times.get("guest", 0.0) + times.get("guest_nice", 0.0)  # counted in user and nice already
        return sum(times.values()) - guests, times["idle"] + times.get("iowait", 0.0), own

    @property
    def own_share(self) -> float:
        """The share of the elapsed time that the same work would have taken alone, above 0 to 1.

        Others only cost time where they leave nothing idle: x of the cores taken while y stand idle lengthen it by x - y.
        """
        total, idle, own = (after - before for after, before in zip(self._used(), self._before, strict=True))
        if total <= 0:
            return 1.0
        others = max(0.0, total - idle - own)
        return max(0.2, 1 - max(0.0, others - idle) / total)
