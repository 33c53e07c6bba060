from tests.sip.conftest import shared_edge, stage

__all__ = ["shared_edge", "stage"]
