"""The lists of Kamailio's functions, which FakeKsr is made from, are what Kamailio itself says."""

from tests.edge.fakeksr import LISTS
from tools.ksr_functions import installed_functions, installed_version


def test_the_list_of_the_installed_kamailio_is_what_it_offers() -> None:
    version = installed_version()
    assert version in LISTS, f"Kamailio {version} has no list: python -m tools.ksr_functions says it"
    assert list(installed_functions()) == LISTS[version].read_text().splitlines()


def test_there_is_a_list_for_each_debian() -> None:
    assert LISTS.keys() == {"5.6.3", "6.0.1"}
