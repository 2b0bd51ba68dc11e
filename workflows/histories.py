"""Histories as files: every payload in one, and all of them opened by who has the keys."""

from collections.abc import Iterator

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from workflows.codec import EncryptedPayloads


async def opened(kept: str, codec: EncryptedPayloads) -> str:
    """The same history, its payloads in clear."""
    history = History(events=WorkflowHistory.from_json("kept", kept).events)
    await open_payloads(history, codec)
    return MessageToJson(history, indent=1)


async def open_payloads(message: Message, codec: EncryptedPayloads) -> None:
    """Decrypt whatever is sealed in it, in place."""
    for payload in payloads_in(message):
        payload.CopyFrom((await codec.decode([payload]))[0])


def payloads_in(message: Message) -> Iterator[Payload]:
    """Every payload, however deep."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if isinstance(value, Message):
            inside = [value]
        else:
            inside = value.values() if hasattr(value, "values") else value
        for item in inside:
            if isinstance(item, Message):
                yield from payloads_in(item)
