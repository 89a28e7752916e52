"""Requests: as many as are answered (wrk), or so many a second (an own client that does not wait for answers)."""
