"""EventBridge: what is put stays readable, and a bus that does not exist swallows."""

import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime

from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, events_backends

from corrections.correction import wrap

MOST_ENTRIES, MOST_BYTES = 10, 256 * 1024

# By account and region, in the order in which they were put.
_put: dict[tuple[str, str], list[dict]] = defaultdict(list)


@wrap(EventsBackend)
def put_events(original, self, events):
    """Entries for a bus that does not exist get their ids and are dropped: AWS
    refuses nothing there. Too many bytes are refused whole."""
    if sum(map(size, events)) > MOST_BYTES:
        raise ValidationException(
            "Total size of the entries in the request is over the limit."
        )
    if len(events) > MOST_ENTRIES:
        return original(self, events)
    return [put(original, self, event) for event in events]


def put(original, backend: EventsBackend, event: dict) -> dict:
    name = backend._normalize_event_bus_arn(event.get("EventBusName"))
    if name not in backend.event_buses:
        return {"EventId": str(uuid.uuid4())}
    (answer,) = original(backend, [event])
    if "EventId" in answer:
        _put[backend.account_id, backend.region_name].append(
            {"bus": name, "event": envelope(backend, event, answer["EventId"])}
        )
    return answer


def envelope(backend: EventsBackend, event: dict, event_id: str) -> dict:
    """The event as a rule's target gets it."""
    moment = datetime.fromtimestamp(event["Time"], UTC) if "Time" in event else None
    moment = moment or datetime.now(UTC)
    return {
        "version": "0",
        "id": event_id,
        "detail-type": event["DetailType"],
        "source": event["Source"],
        "account": backend.account_id,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": backend.region_name,
        "resources": event.get("Resources", []),
        "detail": json.loads(event["Detail"]),
    }


def size(event: dict) -> int:
    """As AWS counts: 14 bytes for a time, the UTF-8 of all else."""
    texts = [event.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    texts += event.get("Resources", [])
    return sum(len(text.encode()) for text in texts) + 14 * ("Time" in event)


def recorded(account: str, region: str) -> list[dict]:
    return _put[account, region]


def reset(account: str, region: str) -> None:
    events_backends[account][region].reset()
    _put.pop((account, region), None)
