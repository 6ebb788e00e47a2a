"""asyncpg speaks the protocol by itself, without libpq: prepared statements with Flush, simple queries in between, binary COPY."""
import asyncio
import io

import asyncpg
import pytest


def run(work, driver, **pool):
    async def with_pool():
        async with asyncpg.create_pool(host=str(driver.folder), user="code_analysis", database="code_analysis", **pool) as connections:
            return await work(connections)

    return asyncio.run(with_pool())


def test_a_prepared_statement_is_followed_by_simple_queries_and_copy(driver):
    async def work(pool):
        async with pool.acquire() as one:
            await one.execute("create table if not exists async_copied (id int); truncate async_copied")
            prepared = await one.prepare("select $1::int + 1")
            await one.execute("select 1")
            assert await prepared.fetchval(4) == 5
            assert await one.copy_records_to_table("async_copied", records=[(i,) for i in range(1000)]) == "COPY 1000"
            copied = io.BytesIO()
            assert await one.copy_from_query("select id from async_copied order by id limit 2", output=copied) == "COPY 2"
            assert copied.getvalue() == b"0\n1\n"

    run(work, driver, min_size=1)


def test_transactions_savepoints_and_cursors(driver):
    async def work(pool):
        async with pool.acquire() as one, one.transaction():
            with pytest.raises(asyncpg.DivisionByZeroError):
                async with one.transaction():
                    await one.execute("select 1 / 0")
            rows = [row async for row in one.cursor("select generate_series(1, $1::int)", 120)]
            assert len(rows) == 120

    run(work, driver, min_size=1)


def test_more_connections_than_the_driver_has_are_each_answered_rightly(driver):
    async def work(pool):
        async def ask(number):
            async with pool.acquire() as one:
                for step in range(10):
                    assert await one.fetchval("select $1::int * $2::int", number, step) == number * step
                async with one.transaction(isolation="serializable", readonly=True):
                    return await one.fetchval("select $1::int", number)

        assert await asyncio.gather(*(ask(number) for number in range(60))) == list(range(60))

    run(work, driver, min_size=10, max_size=30)


def test_a_statement_that_takes_too_long_is_cancelled_and_the_next_one_is_not(driver):
    async def work(pool):
        async with pool.acquire() as one:
            with pytest.raises(asyncio.TimeoutError):
                await one.fetch("select pg_sleep(60)", timeout=0.2)
            assert await one.fetchval("select 7") == 7

    run(work, driver, min_size=1)
