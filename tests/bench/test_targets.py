"""A target is met only by a ratio that the spread of the samples cannot explain."""

import pytest

from bench import peers
from bench.catalog import MEASURES, PARTS
from bench.samples import OURS, Measures
from bench.targets import TARGETS, Result, Target, judge

RATIO = Target(id="X", measure="m", peer="peer", at_most=0.5)


def measures(ours: tuple[float, ...], theirs: tuple[float, ...] = ()) -> Measures:
    found = Measures()
    found.add_all("m", OURS, ours)
    found.add_all("m", "peer", theirs)
    return found


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [
        ((4, 5, 6), (10, 11, 12), Result.MET),
        ((6, 7, 8), (10, 11, 12), Result.MISSED),
        ((4, 5, 10), (10, 11, 12), Result.NOT_COMPARABLE),
        ((4,), (), Result.NOT_MEASURED),
        ((), (4,), Result.NOT_MEASURED),
    ],
)
def test_a_ratio_of_medians_with_ranges_apart(ours, theirs, result):
    assert judge(RATIO, measures(ours, theirs)).result is result


def test_a_lower_bound_is_for_values_that_should_be_large():
    target = Target(id="X", measure="m", peer="peer", at_least=3)
    assert judge(target, measures((31, 32), (10,))).result is Result.MET
    assert judge(target, measures((29, 28), (10,))).result is Result.MISSED


def test_a_bound_without_a_peer_holds_for_the_worst_sample():
    target = Target(id="X", measure="m", at_most=3)
    assert judge(target, measures((1, 2, 3))).result is Result.MET
    assert judge(target, measures((1, 2, 3.1))).result is Result.MISSED


def test_zero_failures_are_no_division_by_zero():
    assert judge(Target(id="X", measure="m", at_most=0), measures((0,))).result is Result.MET
    assert judge(RATIO, measures((1,), (0,))).result is Result.MISSED


def test_a_busy_machine_is_named_in_the_verdict():
    found = measures((1, 1, 1), (10,))
    found.add("m", "peer", 9, noisy=True)
    assert judge(RATIO, found).why == "on a busy machine"


def test_every_target_names_a_measure_a_part_and_a_peer_that_exist():
    known = {*peers.load(), "uncached"}
    for target in TARGETS:
        assert target.measure in MEASURES
        assert target.measure.partition(".")[0] in PARTS
        assert target.peer is None or target.peer in known
        assert (target.at_most is None) != (target.at_least is None)
