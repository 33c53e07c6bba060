"""client/blocking/: the async client with its waiting taken out, word by word."""

import re

WORDS = (
    (r"\basync client", "blocking client"),
    (r"\b(async|await) ", ""),
    (r"\bAsync(?=[A-Z])", ""),  # AsyncClient, AsyncIterator, httpx2.AsyncClient
    (r"\b__a(?=enter__|exit__)", "__"),
    (r"\ba(?=(close|read|iter_bytes)\()", ""),  # of httpx2
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"^import asyncio$", "import time"),
    (r"\basynchronous\b", "blocking"),
)


def module(source: str) -> str:
    """The text of the blocking module that does the same. Raises ValueError if something async is left in it."""
    text = source
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    if left := re.search(r"async|await|__a(?!ll)\w+", text, re.IGNORECASE):
        raise ValueError(f"no rule takes {left[0]!r} out of the async client")
    return text
