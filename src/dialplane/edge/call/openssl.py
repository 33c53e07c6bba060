"""Has the OpenSSL of Kamailio's tls module check the name in a server's certificate within the handshake.

Kamailio 5.6.3 has OpenSSL check who signed a certificate, and never for which name. OpenSSL itself can do that (RFC
5922, section 7; RFC 6125), for the name that the connection asks for (RFC 6066, section 3): before a handshake is over,
Kamailio sends nothing. The functions of libssl and libcrypto used here are those of the manual's pages
SSL_CTX_set_cert_verify_callback, CRYPTO_get_ex_new_index and X509_VERIFY_PARAM_set_flags.
"""

import ctypes
import os
from collections.abc import Callable
from typing import Any

_LIBRARIES = ("libssl.so.3", "libcrypto.so.3")
_CONTEXTS = 1  # CRYPTO_EX_INDEX_SSL_CTX of crypto.h
_HOST_NAME = 0  # TLSEXT_NAMETYPE_host_name
_WHOLE_LABELS = 0x4  # X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
_REFUSED = 0

_Pointer = ctypes.c_void_p
_ContextMade = ctypes.CFUNCTYPE(None, _Pointer, _Pointer, _Pointer, ctypes.c_int, ctypes.c_long, _Pointer)
_Verify = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer)


def check_names() -> None:
    """From now on, have each TLS connection that asks for a name refuse a certificate that is not for it.

    Before Kamailio makes its contexts, in the main process. One that asks for no name is checked as before. Raises
    OSError if Kamailio has another OpenSSL.
    """
    ssl, crypto = (ctypes.CDLL(name, mode=os.RTLD_NOLOAD) for name in _LIBRARIES)
    verify = _Verify(_verification(ssl, crypto))
    set_callback = _function(ssl.SSL_CTX_set_cert_verify_callback, None, _Pointer, _Verify, _Pointer)
    made = _ContextMade(lambda context, *_: set_callback(context, verify, None))
    _kept.extend((verify, made))
    if crypto.CRYPTO_get_ex_new_index(_CONTEXTS, ctypes.c_long(0), None, made, None, None) < 0:
        raise OSError("OpenSSL takes no function that is called for its new contexts")


_kept: list[Any] = []
"""What OpenSSL calls must not be collected."""


def _verification(ssl: ctypes.CDLL, crypto: ctypes.CDLL) -> Callable[[int, int], int]:
    """The function that verifies the chain of certificates in an X509_STORE_CTX: 1 if it is good."""
    index = ssl.SSL_get_ex_data_X509_STORE_CTX_idx()
    connection_of = _function(crypto.X509_STORE_CTX_get_ex_data, _Pointer, _Pointer, ctypes.c_int)
    name_asked_for = _function(ssl.SSL_get_servername, ctypes.c_char_p, _Pointer, ctypes.c_int)
    terms_of = _function(crypto.X509_STORE_CTX_get0_param, _Pointer, _Pointer)
    want_name = _function(crypto.X509_VERIFY_PARAM_set1_host, ctypes.c_int, _Pointer, ctypes.c_char_p, ctypes.c_size_t)
    set_flags = _function(crypto.X509_VERIFY_PARAM_set_hostflags, None, _Pointer, ctypes.c_uint)
    verified = _function(crypto.X509_verify_cert, ctypes.c_int, _Pointer)

    def verify(store: int, _: int) -> int:
        name = name_asked_for(connection_of(store, index), _HOST_NAME)
        if name:
            terms = terms_of(store)
            set_flags(terms, _WHOLE_LABELS)
            if want_name(terms, name, len(name)) != 1:
                return _REFUSED
        return int(verified(store))

    return verify


def _function(function: Any, result: Any, *arguments: Any) -> Any:
    """A function of a library with its types."""
    function.restype, function.argtypes = result, arguments
    return function
