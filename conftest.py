"""Assertions of the modules that tests share show their values, as those of the tests do."""

import pytest

pytest.register_assert_rewrite("tests")
