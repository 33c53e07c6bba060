"""The typed Python client of the REST API, blocking and async, with the same shape for every resource.

with Client("http://127.0.0.1:8080") as client:
    client.login("admin@localhost", "…")
    for route in client.routes.all(customer_id=SYSTEM_DEFAULT_CUSTOMER):
        ...

`schemas`, `operations`, `asynchronous.api` and `blocking` are generated: `python -m tools.generate_client`.
"""

from dialplane.client.asynchronous.client import AsyncClient
from dialplane.client.blocking.client import Client
from dialplane.client.errors import ApiError
from dialplane.client.feed import FeedTruncated, read_feed
from dialplane.client.retries import Retries

__all__ = ["ApiError", "AsyncClient", "Client", "FeedTruncated", "Retries", "read_feed"]
