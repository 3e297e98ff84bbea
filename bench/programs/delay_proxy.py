"""A TCP proxy in user space that holds up what clients send, as people write one in asyncio.

    delay_proxy.py PORT TO_PORT DELAY_MS

It listens on every address of its host and connects to TO_PORT on the same host. What comes back is
not held up. Bytes keep their order; no more than a bounded number of pieces is on the way.
"""

import asyncio
import sys

PIECE_BYTES, MOST_PIECES = 1 << 16, 512
port, to_port, delay_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000
tasks: set[asyncio.Task[None]] = set()


async def read(reader: asyncio.StreamReader, held: asyncio.Queue[tuple[float, bytes]]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        data = await reader.read(PIECE_BYTES)
        await held.put((loop.time() + delay_s, data))
        if not data:
            return


async def write(held: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due_s, data = await held.get()
        if (left_s := due_s - loop.time()) > 0:
            await asyncio.sleep(left_s)
        if not data:
            writer.write_eof()
            return
        writer.write(data)
        await writer.drain()


async def back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(PIECE_BYTES):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", to_port)
    held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MOST_PIECES)
    for one in (read(reader, held), write(held, there_writer), back(there_reader, writer)):
        task = asyncio.create_task(one)
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def main() -> None:
    async with await asyncio.start_server(serve, "0.0.0.0", port) as server:  # noqa: S104
        await server.serve_forever()


asyncio.run(main())
