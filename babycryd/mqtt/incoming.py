"""Queue of received messages in which the topics take turns, so that a flood on one displaces no other."""

import asyncio
from collections import Counter, deque
from typing import Final

import aiomqtt

MOST_OF_A_TOPIC: Final = 50


class IncomingQueue(asyncio.Queue[aiomqtt.Message]):
    """Queue that gives a message of each topic in turn; of more than MOST_OF_A_TOPIC the oldest is dropped."""

    dropped: Counter[str]  # by topic

    def _init(self, maxsize: int) -> None:  # noqa: ARG002 - the base class calls it with its own
        self._by_topic: dict[str, deque[aiomqtt.Message]] = {}  # none of them empty
        self.dropped = Counter()
        self._length = 0

    def qsize(self) -> int:
        """Return the number of messages that wait."""
        return self._length

    def empty(self) -> bool:
        """Return whether no message waits."""
        return not self._by_topic

    def _put(self, item: aiomqtt.Message) -> None:
        topic = str(item.topic)
        messages = self._by_topic.setdefault(topic, deque())
        if len(messages) >= MOST_OF_A_TOPIC:
            messages.popleft()
            self._length -= 1
            self.dropped[topic] += 1
        messages.append(item)
        self._length += 1

    def _get(self) -> aiomqtt.Message:
        topic = next(iter(self._by_topic))
        messages = self._by_topic.pop(topic)
        message = messages.popleft()
        self._length -= 1
        if messages:
            self._by_topic[topic] = messages  # the last in turn
        return message
