"""Requests wait in turn among clients, for a bounded time, and none is lost when a client leaves."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from service.errors import Unavailable
from service.limits.fair_queue import FairQueue


def queue(slots: int = 1, per_client: int = 10, waiting: int = 20, longest_wait: float = 5) -> FairQueue:
    return FairQueue(slots, waiting_per_client=per_client, waiting=waiting, longest_wait_seconds=longest_wait)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 10))


def test_a_client_with_one_request_does_not_wait_for_all_of_a_client_with_many() -> None:
    async def story() -> None:
        gate, order = queue(), []

        async def work(client: str) -> None:
            async with gate.turn(client):
                order.append(client)
                await asyncio.sleep(0)

        many = [asyncio.create_task(work("many")) for _ in range(8)]
        await asyncio.sleep(0)
        await asyncio.gather(*many, asyncio.create_task(work("one")))
        assert len(order) == 9
        assert order.index("one") <= 3

    run(story)


def test_never_more_than_the_slots_work_at_once_and_all_get_their_turn() -> None:
    async def story() -> None:
        gate, at_work, most, done = queue(3), 0, 0, 0

        async def work(client: int) -> None:
            nonlocal at_work, most, done
            async with gate.turn(str(client % 5)):
                at_work += 1
                most = max(most, at_work)
                await asyncio.sleep(0.001)
                at_work -= 1
                done += 1

        await asyncio.gather(*(work(client) for client in range(20)))
        assert (most, done, at_work) == (3, 20, 0)

    run(story)


def test_too_many_waiting_of_a_client_or_in_all_are_refused_at_once() -> None:
    async def story() -> None:
        gate = queue(per_client=2, waiting=3)
        async with gate.turn("a"):
            waiting = [asyncio.create_task(gate.turn(client).__aenter__()) for client in ("a", "a", "b")]
            await asyncio.sleep(0)
            for client in ("a", "c"):
                with pytest.raises(Unavailable):
                    await gate.turn(client).__aenter__()
            for task in waiting:
                task.cancel()

    run(story)


def test_a_wait_ends_in_time_and_the_next_in_line_still_gets_the_slot() -> None:
    async def story() -> None:
        gate = queue(longest_wait=0.05)
        async with gate.turn("a"):
            with pytest.raises(Unavailable):
                await gate.turn("b").__aenter__()
        async with gate.turn("c"):
            pass

    run(story)


def test_clients_who_leave_while_they_wait_or_work_free_their_places() -> None:
    async def story() -> None:
        gate = queue()

        async def work() -> None:
            async with gate.turn("a"):
                await asyncio.sleep(60)

        for _ in range(3):
            tasks = [asyncio.create_task(work()) for _ in range(4)]
            await asyncio.sleep(0.01)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(1), gate.turn("b"):
            pass

    run(story)
