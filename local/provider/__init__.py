"""Serves Pulumi's `aws`, `random` and `docker` packages to the real engine, with AWS emulated by moto.

    server = serve("aws", "http://127.0.0.1:4577")      # PULUMI_DEBUG_PROVIDERS=aws:<server.port>

How to add a resource type
--------------------------
Put a `ResourceType` into the tuple RESOURCES of a module in `local/provider/<package>/` (a function: a `Function`
into FUNCTIONS). Modules are found by themselves. The entry names wire properties (`cidrBlock`) in words:

    VPC = ResourceType(
        "aws:ec2/vpc:Vpc",                                          # finds the SDK's class, which validates
        reported="cidrBlock enableDnsSupport",                      # inputs that `read` gives back
        unreported="ipv4NetmaskLength",                             # inputs nobody reports: last known state stands
        replaces="cidrBlock",                                       # ALL for every property
        tags=EC2_TAGS,                                              # then no function handles tags
        create=lambda call: call.aws("ec2").create_vpc(**call.params("cidrBlock"))["Vpc"]["VpcId"],
        read=read_vpc,                                              # wire values, or None when gone
        update=update_vpc,                                          # None: every change but tags replaces
        delete=lambda call: call.aws("ec2").delete_vpc(VpcId=call.id),
    )

The core does the rest, the same for every type:
- inputs: unknown, missing and mistyped properties are refused against the SDK's classes; a property of the SDK that
  the entry carries neither in `reported` nor in `unreported` is refused by name; `check` adds rules of its own.
- `name=AutoName(...)`: physical name out of logical name and seven hex digits; replaced delete-first when fixed.
- `references={"vpcId": Reference("VPC", exists)}`: what does not exist fails with property and value, before AWS is
  asked to create anything. Ready-made ones are in `aws/references.py`.
- Errors: botocore errors are told in one line; "not found" in `read` means gone, in `delete` means done. An entry
  raises OperationError for what it finds itself.
- `create` returns the id as soon as there is one; waiting is `ready`'s (`call.wait_for`), so that a kill in between
  orphans nothing: the next Create of the same URN adopts the id (see `journal`).
- State after create, update and read is `read`'s answer over the last known values of `unreported`, so a refresh
  right after an update never shows drift. For a nested part that moto drops, `read` may merge `call.state`, which
  holds the inputs in create and update and the last state in read.
- `unordered` lists and `equal` comparisons decide what counts as the same; numbers without fraction arrive as int.
- Secrets: entries get plain values; an output of the same name as a secret input, and `secret_outputs`, are stored
  encrypted.
"""

from local.provider.call import Call, from_boto, to_boto
from local.provider.entry import ALL, AutoName, Function, Reference, ResourceType, Tagging
from local.provider.failures import OperationError
from local.provider.server import Server, serve
from local.provider.values import UNKNOWN, Values, contains_unknown

__all__ = [
    "ALL",
    "UNKNOWN",
    "AutoName",
    "Call",
    "Function",
    "OperationError",
    "Reference",
    "ResourceType",
    "Server",
    "Tagging",
    "Values",
    "contains_unknown",
    "from_boto",
    "serve",
    "to_boto",
]
