"""moto's AWS server with four things changed: it has scheduled maintenance events, instances can be hidden, elastic
addresses are public, and pages can be short.

moto makes elastic addresses up in 127.0.0.0/8, which is nobody's to point a record at; here they come from the ranges that
are set aside for documentation.

A tag `event:<any>` on an instance puts an event into its DescribeInstanceStatus. The tag's value is
`<code>@<start, ISO 8601>` or `<code>@<start>@<description>`:

    system-reboot@2026-12-01T02:00:00+00:00
    instance-stop@2026-12-01T02:00:00+00:00@[Completed] The instance was stopped

An instance with a tag `hidden` is not listed, as if it were not there, until the tag is taken off.

With `MOTO_PAGE=<number>` in the environment no page has more reservations than that, whatever was asked for, as AWS is free
to do: an account of several pages then need not have thousands of instances, which moto makes one by one.

Events come and go with their tags, so a test can announce, move and finish one over plain HTTP.
Arguments are those of moto_server: `python3 moto_events.py -H 127.0.0.1 -p 5055`.
"""

import datetime
import itertools
import os
import sys

from moto.ec2.models import elastic_ip_addresses
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.server import main


def scheduled_events(instance):
    """The events that an instance's tags ask for; moto writes the attribute `events` out as <eventsSet>."""
    events = []
    for tag in instance.get_tags():
        if not tag["key"].startswith("event:"):
            continue
        code, start, *description = tag["value"].split("@", 2)
        not_before = datetime.datetime.fromisoformat(start)
        events.append(
            {
                "InstanceEventId": f"instance-event-{instance.id.removeprefix('i-')}-{tag['key'].removeprefix('event:')}",
                "Code": code,
                "Description": description[0] if description else f"Scheduled: {code}",
                "NotBefore": not_before,
                "NotAfter": not_before + datetime.timedelta(hours=2),
                "NotBeforeDeadline": not_before + datetime.timedelta(days=7),
            }
        )
    return events


DOCUMENTATION = ("203.0.113", "198.51.100", "192.0.2")
numbers = itertools.count()


def elastic_address():
    """Each address once, until all 750 are used up."""
    number = next(numbers)
    return f"{DOCUMENTATION[number // 250]}.{number % 250 + 1}"


def shown(instance):
    # Not by `get_tags`, which looks through everybody's tags: a thousand instances would take minutes.
    return "hidden" not in instance.ec2_backend.tags.get(instance.id, {})


all_reservations = InstanceBackend.all_reservations


def reservations_shown(self, filters=None):
    """Every listing of moto goes through here; those that it was given are copies."""
    reservations = all_reservations(self, filters)
    for reservation in reservations:
        reservation.instances = [instance for instance in reservation.instances if shown(instance)]
    return [reservation for reservation in reservations if reservation.instances]


PAGE = int(os.environ.get("MOTO_PAGE", 0))
get_param = InstanceResponse._get_param


def short_page(self, name, *default, **more):
    """What a request asks for; of a page's length, no more than there is to be."""
    asked = get_param(self, name, *default, **more)
    return min(int(asked), PAGE) if PAGE and name == "MaxResults" and asked else asked


InstanceResponse._get_param = short_page
InstanceBackend.all_reservations = reservations_shown
Instance.events = property(scheduled_events)
elastic_ip_addresses.random_ip = elastic_address

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
