"""The routing table of an edge: LMDB, memory-mapped, written by the companion alone, read by every Kamailio worker.

`layout.py` has keys and values as bytes, `writer.py` applies the feed, `reader.py` looks up what a call needs,
`check.py` verifies all entries. The replica can be deleted and rebuilt from the feed at any time.
"""
