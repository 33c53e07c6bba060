"""Checks of a carrier's certificate in a probe over TLS: who signed it, and for which name (RFC 5922)."""

import ssl
from pathlib import Path


def carriers_context(authorities: Path | None) -> ssl.SSLContext:
    """The TLS context for connections to carriers.

    `authorities` is a PEM file, or a folder as `openssl rehash` makes it: if it does not exist no certificate passes;
    None checks none. Raises OSError (ssl.SSLError is one) if a file holds no certificates.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authorities is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authorities.is_dir():
        context.load_verify_locations(capath=authorities)
    elif authorities.exists():
        context.load_verify_locations(authorities)
    return context


def tls_failure(error: ssl.SSLError) -> str:
    """Why there is no TLS, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold: {error.verify_message}"
    return f"no TLS: {error.reason or 'failed'}"
