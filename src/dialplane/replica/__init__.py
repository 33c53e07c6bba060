"""The table an edge reads: LMDB, memory-mapped, written by the edge agent alone, read by every Kamailio worker.

`layout.py` says what stands where, `writer.py` follows the feed, `reader.py` answers a call's questions. It can be
thrown away and rebuilt from the feed at any time.
"""
