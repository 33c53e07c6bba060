from tests.sip.conftest import stage

__all__ = ["stage"]
