"""One test of many cases hides none that fails."""

import pytest

from tests.together import as_one, together


def test_all_cases_are_tried_and_those_that_fail_are_told_of() -> None:
    tried = []

    @pytest.mark.slow
    @together("number", [1, 2, 3, 5, 7], by=lambda number: "odd" if number % 2 else "even")
    def check(number: int, least: int) -> None:
        tried.append(number)
        if number == 5:
            pytest.fail("like pytest.raises")
        assert number >= least

    groups = {mark.name: mark.args for mark in check.pytestmark}
    assert [*groups] == ["parametrize", "slow"]
    assert [*groups["parametrize"][1]] == [[1, 3, 5, 7], [2]]
    with pytest.raises(BaseExceptionGroup, match="3 of 4 fail:\n  1\n  3\n  5") as found:
        check(number=[1, 3, 5, 7], least=4)
    assert tried == [1, 3, 5, 7]
    kinds = [type(failure) for failure in found.value.exceptions]
    assert kinds == [AssertionError, AssertionError, pytest.fail.Exception]
    check(number=[7], least=4)


def test_a_case_that_is_skipped_skips_no_other() -> None:
    tried = []

    @together("number", [1, 2, 3], as_one)
    def test(number: int) -> None:
        tried.append(number)
        if number < limit:
            pytest.skip(f"{number} is small")
        assert number != 3

    limit = 2
    with pytest.raises(BaseExceptionGroup, match="1 of 3 fail"):
        test(number=[1, 2, 3])
    assert tried == [1, 2, 3]
    limit = 4
    with pytest.raises(pytest.skip.Exception, match="1 is small"):
        test(number=[1, 2, 3])
