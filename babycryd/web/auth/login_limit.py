"""PURE. Login limit: token buckets for the password tries of each client, and for clients that try the first time."""

from collections import OrderedDict
from typing import Final

from babycryd.core.token_bucket import TokenBucket
from babycryd.web.auth.client_address import network_of

_TRIES: Final = 5  # in a burst, by one client
_TRY_EVERY_S: Final = 30.0  # after the burst
_NEW_CLIENTS: Final = 40  # in a burst: each try takes memory and CPU time; a whole network of 20 leaves room
_NEW_CLIENT_EVERY_S: Final = 4.0
_NEW_OF_NETWORK: Final = 24  # of these, those in one IPv6 network, which may be one client or a whole home
_NEW_OF_NETWORK_EVERY_S: Final = 30.0
_MOST_CLIENTS: Final = 64  # with a bucket of their own; beyond, the least recent one is dropped
_MOST_KNOWN: Final = 16  # clients that had the right password; beyond, the least recent one is dropped


class LoginLimit:
    """Limit of password tries by client. Times are seconds of any one clock that never goes back.

    No bucket is shared by clients that try again, so that clients with wrong passwords never use up the tries of
    another one. New clients share one bucket, and those of an IPv6 network a smaller one, which bounds the work of a
    client with many addresses; clients that had the right password before need none of it.
    """

    def __init__(self) -> None:
        self._new = TokenBucket(_NEW_CLIENTS, _NEW_CLIENT_EVERY_S)
        self._networks: OrderedDict[str, TokenBucket] = OrderedDict()
        self._each: OrderedDict[str, TokenBucket] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()

    def wait_s(self, client: str, now_s: float) -> float:
        """Return the time until the next try of a client is allowed; 0: now."""
        mine = self._each.get(client)
        if mine is not None:
            return mine.wait_s(now_s)
        return 0.0 if client in self._known else max(each.wait_s(now_s) for each in self._new_of(client, now_s))

    def take(self, client: str, now_s: float) -> float:
        """Count a try and return 0, or return what `wait_s` does."""
        if wait_s := self.wait_s(client, now_s):
            return wait_s
        if client not in self._each:
            if client not in self._known:
                for each in self._new_of(client, now_s):
                    each.take(now_s)
            self._each[client] = TokenBucket(_TRIES, _TRY_EVERY_S, now_s)
            _drop_oldest(self._each, _MOST_CLIENTS)
        self._each.move_to_end(client)
        self._each[client].take(now_s)
        return 0.0

    def _new_of(self, client: str, now_s: float) -> list[TokenBucket]:
        """Return the buckets that the first try of a new client takes from."""
        network = network_of(client)
        if network is None:
            return [self._new]
        if network not in self._networks:
            self._networks[network] = TokenBucket(_NEW_OF_NETWORK, _NEW_OF_NETWORK_EVERY_S, now_s)
            _drop_oldest(self._networks, _MOST_CLIENTS)
        return [self._new, self._networks[network]]

    def reset(self, client: str) -> None:
        """Reset the limit of a client, after the right password."""
        self._each.pop(client, None)
        self.know(client)

    def know(self, client: str) -> None:
        """Remember that a client had the right password."""
        self._known[client] = None
        self._known.move_to_end(client)
        _drop_oldest(self._known, _MOST_KNOWN)


def _drop_oldest(entries: OrderedDict[str, TokenBucket] | OrderedDict[str, None], most: int) -> None:
    while len(entries) > most:
        entries.popitem(last=False)
