"""Server slots: the assignment of targets, and the commands that change it."""

from hypothesis import given
from hypothesis import strategies as st

from embedded_cloud.agents.elb.haproxy_runtime import Slot, assign, capacity, commands, parse_servers_state

A, B, C = "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"
STATES = st.dictionaries(st.sampled_from([f"10.0.0.{n}:80" for n in range(20)]), st.sampled_from(["ready", "drain"]))


def test_a_target_keeps_its_slot_while_others_come_and_go() -> None:
    slots = assign({}, {A: "ready", B: "ready"}, 4)
    at = {slot.address: number for number, slot in slots.items()}
    slots = assign(slots, {B: "drain", C: "ready"}, 4)
    assert slots[at[B]] == Slot(B, "drain")
    assert slots[at[A]] == Slot(A, "maint")


def test_an_unchanged_assignment_needs_no_command() -> None:
    slots = assign({}, {A: "ready"}, 4)
    assert list(commands("web", slots, assign(slots, {A: "ready"}, 4))) == []


def test_a_slot_takes_requests_only_once_it_has_its_address() -> None:
    lines = list(commands("web", {}, {1: Slot(A, "ready")}))
    assert lines == [
        "set server web/s1 state maint",
        "set server web/s1 addr 10.0.0.1 port 80",
        "set server web/s1 state ready",
    ]


@given(st.lists(STATES, min_size=1, max_size=6))
def test_every_wanted_target_has_exactly_one_slot(steps: list[dict[str, str]]) -> None:
    slots: dict[int, Slot] = {}
    for wanted in steps:
        slots = assign(slots, wanted, capacity(len(wanted)))
        served = {slot.address: slot.state for slot in slots.values() if slot.state != "maint"}
        assert served == wanted
        assert sum(slot.state != "maint" for slot in slots.values()) == len(wanted)


def test_more_targets_than_slots_make_more_slots() -> None:
    assert (capacity(0), capacity(40), capacity(41)) == (40, 40, 80)


def test_the_state_of_haproxys_servers_is_read() -> None:
    text = (
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state ...\n"
        "4 web 1 s1 10.0.0.1 2 0 1 1 30 1 0 0 0 0 0 0 - 8000 - 0 0 - - 0\n"
        "4 web 2 s2 10.0.0.2 2 8 1 1 30 1 0 0 0 0 0 0 - 8000 - 0 0 - - 0\n"
        "4 web 3 s3 192.0.2.1 0 5 1 1 30 1 0 0 0 0 0 0 - 1 - 0 0 - - 0\n"
    )
    assert parse_servers_state(text) == {
        "web": {1: Slot("10.0.0.1:8000", "ready"), 2: Slot("10.0.0.2:8000", "drain"), 3: Slot("192.0.2.1:1", "maint")}
    }
