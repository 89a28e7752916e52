"""Pass connections on to a host, and end when the operator's machine has stopped connecting.

Arguments: host, port, own port, seconds until the first connection, seconds without a new one, seconds in all.
A connection that asks `?` gets `!`: no PostgreSQL client begins so, and it says that the operator is there.
"""

import asyncio
import sys
import time


async def main(host: str, port: str, own_port: str, first: str, quiet: str, longest: str) -> None:
    began = time.monotonic()
    latest = began + float(first) - float(quiet)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal latest
        latest = time.monotonic()
        try:
            data = await reader.read(65536)
            if data == b"?":
                writer.write(b"!")
            elif data:
                there, to_there = await asyncio.open_connection(host, int(port))
                to_there.write(data)
                ways = (copy(reader, to_there), copy(there, writer))
                await asyncio.wait([asyncio.ensure_future(one) for one in ways], return_when=asyncio.FIRST_COMPLETED)
                to_there.close()
        except OSError as error:
            sys.stderr.write(f"no connection to {host}:{port}: {error}\n")
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", int(own_port)):
        while (now := time.monotonic()) - latest < float(quiet) and now - began < float(longest):
            await asyncio.sleep(1)


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except OSError:
        return


asyncio.run(main(*sys.argv[1:]))
