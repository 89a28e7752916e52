"""Noisy samples are left out while enough quiet ones remain."""

import pytest

from bench.samples import Measures, Sample, Spread


def samples(*values: float, noisy: tuple[float, ...] = ()) -> list[Sample]:
    return [Sample(value=value) for value in values] + [Sample(value=value, noisy=True) for value in noisy]


def test_noisy_samples_do_not_count_beside_three_quiet_ones():
    found = Spread.of(samples(1, 2, 3, noisy=(50, 60)))
    assert (found.median, found.low, found.high, found.count, found.noisy) == (2, 1, 3, 3, False)


def test_with_too_few_quiet_samples_all_count_and_the_spread_is_noisy():
    found = Spread.of(samples(1, 2, noisy=(9,)))
    assert (found.median, found.high, found.noisy) == (2, 9, True)


def test_one_quiet_sample_alone_is_not_noisy():
    assert not Spread.of(samples(7)).noisy


def test_ranges_that_touch_overlap():
    assert Spread.of(samples(1, 2)).overlaps(Spread.of(samples(2, 3)))
    assert not Spread.of(samples(1, 2)).overlaps(Spread.of(samples(2.1, 3)))


def test_without_samples_there_is_no_spread():
    assert Measures().spread("serving.page_rps", "ours") is None
    with pytest.raises(ValueError, match="no samples"):
        Spread.of([])


def test_json_brings_back_the_same_samples():
    measures = Measures()
    measures.add("a.b", "ours", 1.23456789, noisy=True)
    measures.add_all("a.b", "peer", (2, 3))
    again = Measures.from_json(measures.as_json())
    assert again == measures
    assert again.samples["a.b"]["ours"] == [Sample(value=1.23457, noisy=True)]
