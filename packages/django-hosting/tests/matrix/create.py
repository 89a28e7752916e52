"""Create a database, with whichever driver the container has: `create.py NAME`."""

import sys
import time

try:
    import psycopg as driver
except ImportError:
    import psycopg2 as driver

END = time.monotonic() + 30
while True:
    try:
        connection = driver.connect("host=db user=site dbname=postgres")
        break
    except driver.OperationalError:
        if time.monotonic() > END:
            raise
        time.sleep(0.2)
connection.autocommit = True
connection.cursor().execute(f"CREATE DATABASE {sys.argv[1]}")
