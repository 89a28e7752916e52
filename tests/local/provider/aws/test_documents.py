"""Which JSON documents mean the same."""

import json

import pytest

from local.provider.aws.documents import checked_documents, same_document, same_policy
from local.provider.values import UNKNOWN


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def test_order_of_keys_and_white_space_mean_nothing() -> None:
    assert same_document('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}')


def test_order_of_a_plain_list_means_something() -> None:
    assert not same_document('{"b": [1, 2]}', '{"b": [2, 1]}')


def test_one_action_may_be_written_as_a_list() -> None:
    assert same_policy(
        policy(Action="s3:GetObject", Resource=["b", "a"]), policy(Action=["s3:GetObject"], Resource=["a", "b"])
    )


def test_a_single_statement_may_stand_alone() -> None:
    alone = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject"}})
    assert same_policy(alone, policy(Action="s3:GetObject"))


def test_a_condition_may_be_a_boolean_or_its_text() -> None:
    secure = {"Bool": {"aws:SecureTransport": False}}
    as_text = {"Bool": {"aws:SecureTransport": "false"}}
    assert same_policy(policy(Condition=secure), policy(Condition=as_text))


@pytest.mark.parametrize("action", ["s3:*", ["s3:GetObject", "s3:PutObject"]])
def test_a_wider_policy_is_another_policy(action: object) -> None:
    assert not same_policy(policy(Action="s3:GetObject"), policy(Action=action))


def test_the_order_of_statements_means_something() -> None:
    one, two = {"Effect": "Allow", "Action": "a:b"}, {"Effect": "Deny", "Action": "c:d"}
    assert not same_policy(json.dumps({"Statement": [one, two]}), json.dumps({"Statement": [two, one]}))


def test_text_that_is_no_document_is_refused() -> None:
    check = checked_documents("policy", "other")
    assert list(check({"policy": '{"a": 1}', "other": UNKNOWN})) == []
    assert [name for name, _ in check({"policy": "{", "other": '"text"'})] == ["policy", "other"]
