"""Pulumi's provider protocol over gRPC: converts messages to calls of the lifecycle."""

import threading
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from embedded_cloud.providers import lifecycle
from embedded_cloud.providers.call import Call, Clients, default_tags, region_of
from embedded_cloud.providers.catalog import Catalog
from embedded_cloud.providers.difference import delete_first, differences
from embedded_cloud.providers.entry import ResourceType
from embedded_cloud.providers.failures import OperationError, fail, guarded
from embedded_cloud.providers.inputs.checking import Naming, check, check_arguments
from embedded_cloud.providers.pending_creates import PendingCreates
from embedded_cloud.providers.protocol.progress import EngineLog
from embedded_cloud.providers.values import Properties, contains_unknown, decode, encode

pb = provider_pb2


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One package (`aws`, `random`, `docker`) for one engine run after the other."""

    def __init__(self, catalog: Catalog, clients: Clients, pending: PendingCreates) -> None:
        self._catalog = catalog
        self._clients = clients
        self._pending = pending
        self._default_tags: dict[str, str] = {}
        self._stop = threading.Event()
        self._log = EngineLog()

    def Handshake(self, request: Any, _context: Any) -> Any:  # noqa: N802 # the protocol's names
        self._log.attach(request.engine_address)
        return pb.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def Attach(self, request: Any, _context: Any) -> Any:  # noqa: N802
        self._log.attach(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version=self._catalog.version)

    def GetSchema(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return pb.GetSchemaResponse(schema=f'{{"name": "{self._catalog.package}"}}')

    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        changed = request.olds != request.news
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, _context: Any) -> Any:  # noqa: N802
        settings = decode(request.args).values
        self._clients.region = region_of(settings) or self._clients.region
        self._default_tags = default_tags(settings)
        self._stop.clear()
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True)

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        self._stop.set()
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        entry = self._entry(request, context)
        news, olds = decode(request.news), decode(request.olds)
        orphan = self._pending.find(request.urn, entry.token)
        automatic = request.autonaming
        mode = automatic.mode if request.HasField("autonaming") else None
        naming = Naming(
            name=request.name or request.urn.rsplit("::", 1)[-1],
            seed=request.randomSeed or request.urn.encode(),
            proposed=(orphan.name if orphan else "") or (automatic.proposed_name if mode == automatic.ENFORCE else ""),
            disabled=mode == automatic.DISABLE,
        )
        failures = guarded(context, lambda: check(entry, news.values, olds.values, naming, self._default_tags))
        return pb.CheckResponse(
            inputs=encode(news.values, news.secrets),
            failures=[pb.CheckFailure(property=one.property, reason=one.reason) for one in failures],
        )

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        entry = self._entry(request, context)
        self._pending.acknowledge(request.urn, request.id)
        olds, news = decode(request.old_inputs).values, decode(request.news).values
        found = differences(entry, olds, news, tuple(request.ignoreChanges))
        details = {
            one.path: pb.PropertyDiff(
                kind=pb.PropertyDiff.Kind.Value(one.kind + ("_REPLACE" if one.replaces else "")), inputDiff=True
            )
            for one in found
        }
        replaces = sorted({one.property for one in found if one.replaces})
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if found else pb.DiffResponse.DIFF_NONE,
            diffs=sorted({one.property for one in found}),
            detailedDiff=details,
            hasDetailedDiff=bool(found),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and delete_first(entry, olds, news),
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        entry = self._entry(request, context)
        news = decode(request.properties)
        call = self._call(request, entry, olds={}, news=news.values)
        call.timeout = request.timeout
        if request.preview:
            return pb.CreateResponse(properties=self._outputs(entry, lifecycle.previewed(entry, call), news))
        hidden = _hidden(entry, news)
        state = guarded(context, lambda: lifecycle.create(entry, call, self._pending), secrets=hidden)
        return pb.CreateResponse(id=call.id, properties=self._outputs(entry, state, news))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        entry = self._entry(request, context)
        self._pending.acknowledge(request.urn, request.id)
        state, inputs = decode(request.properties), decode(request.inputs)
        call = self._call(request, entry, olds=inputs.values, news=inputs.values)
        call.state = state.values
        found = guarded(context, lambda: lifecycle.read(entry, call))
        if found is None:
            return pb.ReadResponse()
        return pb.ReadResponse(
            id=call.id, properties=self._outputs(entry, found[0], state), inputs=encode(found[1], inputs.secrets)
        )

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        entry = self._entry(request, context)
        self._pending.acknowledge(request.urn, request.id)
        olds, news, state = decode(request.old_inputs).values, decode(request.news), decode(request.olds)
        call = self._call(request, entry, olds=olds, news=news.values)
        call.state, call.timeout = state.values, request.timeout
        if request.preview:
            return pb.UpdateResponse(properties=self._outputs(entry, lifecycle.previewed(entry, call), news))
        after = guarded(context, lambda: lifecycle.update(entry, call), secrets=_hidden(entry, news))
        return pb.UpdateResponse(properties=self._outputs(entry, after, news))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        entry = self._entry(request, context)
        self._pending.acknowledge(request.urn, request.id)
        inputs = decode(request.old_inputs).values
        call = self._call(request, entry, olds=inputs, news=inputs)
        call.state, call.timeout = decode(request.properties).values, request.timeout
        guarded(context, lambda: lifecycle.remove(entry, call))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        function = guarded(context, lambda: self._catalog.function(request.tok))
        arguments = decode(request.args).values
        failures = check_arguments(function, arguments)
        if failures:
            wrong = [pb.CheckFailure(property=one.property, reason=one.reason) for one in failures]
            return pb.InvokeResponse(failures=wrong)
        if contains_unknown(arguments):
            fail(context, OperationError(f"{function.token}: its arguments are not known in a preview"))
        call = Call(self._clients, function.token, inputs=arguments, stop=self._stop)
        answer = guarded(context, lambda: function.invoke(call), function.token)
        return pb.InvokeResponse(**{"return": encode(answer)})

    def _entry(self, request: Any, context: Any) -> ResourceType:
        token = request.type or request.urn.split("::")[2].split("$")[-1]
        return guarded(context, lambda: self._catalog.resource(token))

    def _call(self, request: Any, entry: ResourceType, *, olds: Any, news: Any) -> Call:
        physical_id = getattr(request, "id", "")  # a CreateRequest has none
        call = Call(self._clients, entry.token, request.urn, physical_id, stop=self._stop)
        call.inputs, call.old_inputs = news, olds
        call.log = lambda text: self._log.line(request.urn, text)
        return call

    def _outputs(self, entry: ResourceType, state: Any, source: Properties) -> Any:
        return encode(
            {name: value for name, value in state.items() if not name.startswith("__")}, _hidden(entry, source)
        )


def _hidden(entry: ResourceType, source: Properties) -> frozenset[str]:
    """Properties that the engine stores encrypted."""
    return source.secrets | frozenset(entry.secret_outputs.split())
