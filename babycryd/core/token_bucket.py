"""PURE. Token bucket: a limit on the rate of an action, which allows a short burst."""


class TokenBucket:
    """Bucket of `capacity` tokens, full at first, which gains one every `every_s`. Each action takes one.

    Times are seconds of any one clock that never goes back.
    """

    def __init__(self, capacity: float, every_s: float, now_s: float = 0.0) -> None:
        self._capacity = capacity
        self._every_s = every_s
        self._tokens = capacity
        self._at_s = now_s

    def wait_s(self, now_s: float) -> float:
        """Return the time until there is a token; 0 if there is one now."""
        self._tokens = min(self._capacity, self._tokens + (now_s - self._at_s) / self._every_s)
        self._at_s = now_s
        return max(0.0, (1 - self._tokens) * self._every_s)

    def take(self, now_s: float) -> bool:
        """Take a token and return True; return False where there is none."""
        if self.wait_s(now_s) > 0:
            return False
        self._tokens -= 1
        return True
