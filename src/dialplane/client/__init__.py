"""The typed Python client of the REST API, blocking and async, with the same shape for every noun.

with Client("http://127.0.0.1:8080") as client:
    client.login("admin@localhost", "…")
    for route in client.routes.all(customer_id=SYSTEM_DEFAULT_CUSTOMER):
        ...
"""

from dialplane.client.asynchronous import AsyncClient
from dialplane.client.blocking import Client
from dialplane.client.errors import ApiError
from dialplane.client.feed import FeedHead, FeedTruncated, read_feed
from dialplane.client.retries import Retries

__all__ = ["ApiError", "AsyncClient", "Client", "FeedHead", "FeedTruncated", "Retries", "read_feed"]
