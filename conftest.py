"""Assertions of the modules that tests share show their values, as those of the tests do."""

import pytest

pytest.register_assert_rewrite("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", help="folder for pictures of the console's pages, light and dark")
