"""How a probe over TLS looks at a carrier's certificate: who signed it, and for which name (RFC 5922)."""

import ssl
from pathlib import Path


def carriers_context(authorities: Path | None) -> ssl.SSLContext:
    """For connections to carriers. `authorities` is a PEM file, or a folder as `openssl rehash` makes it.

    None where no certificate is to be checked; what is not there accepts none. Raises OSError (ssl.SSLError is one)
    where a file holds no certificates.
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


def refusal(error: ssl.SSLError) -> str:
    """Why there is no TLS, for a person."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold: {error.verify_message}"
    return f"no TLS: {error.reason or 'failed'}"
