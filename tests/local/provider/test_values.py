"""Property values on the wire."""

from google.protobuf import struct_pb2

from local.provider.values import SECRET, SIGNATURE, UNKNOWN, UNKNOWN_STRING, contains_unknown, decode, encode


def struct(**values: object) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


def test_whole_numbers_become_int_and_fractions_stay() -> None:
    values = decode(struct(port=80.0, ratio=0.5, deep={"list": [1.0]})).values
    assert values == {"port": 80, "ratio": 0.5, "deep": {"list": [1]}}
    assert type(values["port"]) is int


def test_a_secret_anywhere_in_a_property_keeps_the_whole_property_secret() -> None:
    hidden = {SIGNATURE: SECRET, "value": "s3cret"}
    found = decode(struct(plain="a", whole=hidden, deep=[{"password": hidden}]))
    assert found.values == {"plain": "a", "whole": "s3cret", "deep": [{"password": "s3cret"}]}
    assert found.secrets == {"whole", "deep"}
    assert decode(encode(found.values, found.secrets)) == found


def test_unknown_values_survive_the_way_there_and_back() -> None:
    values = decode(struct(id=UNKNOWN_STRING, deep={"list": [UNKNOWN_STRING]})).values
    assert values["id"] is UNKNOWN
    assert contains_unknown(values["deep"])
    assert not contains_unknown({"a": ["b"]})
    assert encode(values).fields["id"].string_value == UNKNOWN_STRING


def test_nulls_at_the_top_are_left_out() -> None:
    assert decode(struct(a=None, b="c")).values == {"b": "c"}
    assert "a" not in encode({"a": None}).fields
