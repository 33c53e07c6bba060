"""The operating system as the other rooms use it: files, clock, data folder, processes, addresses, retry delays.

Standard library and domain only, without asyncio: some of it runs inside Kamailio.
"""
