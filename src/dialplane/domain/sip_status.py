"""SIP status codes that the edge answers itself, with their reason phrases (RFC 3261, section 21)."""

from collections.abc import Mapping

PHRASES: Mapping[int, str] = {
    200: "OK",
    300: "Multiple Choices",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    483: "Too Many Hops",
    484: "Address Incomplete",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    503: "Service Unavailable",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
    607: "Unwanted",
    608: "Rejected",
}
_CLASSES: Mapping[int, str] = {3: "Redirection", 4: "Request Failure", 5: "Server Failure", 6: "Global Failure"}


def phrase(status: int) -> str:
    """The reason phrase for a status."""
    return PHRASES.get(status) or _CLASSES.get(status // 100, "Unknown")
