#!/usr/bin/env python3
"""Counts the statistics of a fleet again, from the rows that they rest on, and compares.

usage: recount_statistics.py STATISTICS.json IMAGES.jsonl STATES.jsonl

The files are what `pratique statistics` writes with --json, --rows images and --rows states. It follows
docs/reference/statistics.md, version 1, shares no code with Pratique, and needs nothing but Python. It exits with 0 where all
numbers are the same, and with 1 and one line for each that is not.
"""

import json
import sys
from datetime import datetime, timedelta

VERSION = 1
BANDS = [(365, "365 and more"), (180, "180 to 364"), (90, "90 to 179"), (30, "30 to 89"), (0, "0 to 29")]
MAX_GROUPS = 200


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def tally(images):
    """`images` are pairs: whether it was judged, and its worst severity."""
    judged = [worst for is_judged, worst in images if is_judged]
    counts = {
        "images": len(images),
        "judged": len(judged),
        "high": sum(1 for worst in judged if worst >= 4),
        "mediumOrHigh": sum(1 for worst in judged if worst >= 3),
    }
    for name in ("high", "mediumOrHigh"):
        counts[name + "Share"] = share(counts[name], len(judged))
    return counts


def share(part, whole):
    """Half up to four places, by whole numbers."""
    return None if whole == 0 else (20000 * part + whole) // (2 * whole) / 10000


def worst_of(image):
    if image["critical"] + image["high"] > 0:
        return 4
    return 3 if image["medium"] > 0 else -1


def keys(image, kind, as_of):
    if kind == "registry":
        return {name.split("/")[0] for name in image["repositories"]} or {"unknown"}
    if kind == "official":
        official = any(name.startswith("docker.io/library/") for name in image["repositories"])
        return {"official" if official else "other"}
    if kind == "age":
        if image["created"] is None:
            return {"unknown"}
        days = max(0, (as_of - instant(image["created"])) // timedelta(days=1))
        return {next(name for least, name in BANDS if days >= least)}
    if kind == "base":
        return {"unknown" if image["base"] is None else image["base"]}
    return set(image["teams"]) or {"unknown"}


def groups(images, kind, as_of):
    members = {}
    for image in images:
        for key in keys(image, kind, as_of):
            members.setdefault(key, []).append((image["assessment"] != "none", worst_of(image)))
    found = [{"key": key, **tally(those)} for key, those in members.items()]
    # Ties stand by the UTF-16 units of their names.
    found.sort(key=lambda group: (-group["images"], group["key"].encode("utf-16-be")))
    return {"groups": found[:MAX_GROUPS], "leftOut": max(0, len(found) - MAX_GROUPS)}


def day(states, name):
    last = {}
    for state in sorted(states, key=lambda state: state["since"]):
        if state["since"][:10] <= name:
            last[state["imageId"]] = (state["assessment"] != "none", state["worst"])
    return {"day": name, **tally(list(last.values()))}


def recount(told, images, states):
    as_of = instant(told["asOf"])
    known = [state for state in states if instant(state["since"]) <= as_of]
    return {
        "version": VERSION,
        "asOf": told["asOf"],
        "all": tally([(image["assessment"] != "none", worst_of(image)) for image in images]),
        "by": {kind: groups(images, kind, as_of) for kind in ("registry", "official", "age", "base", "team")},
        "days": [day(known, point["day"]) for point in told["days"]],
    }


def differences(told, counted, place=""):
    if isinstance(told, dict) and isinstance(counted, dict):
        for name in sorted({*told, *counted}):
            yield from differences(told.get(name), counted.get(name), f"{place}.{name}" if place else name)
    elif isinstance(told, list) and isinstance(counted, list) and len(told) == len(counted):
        for at, (one, other) in enumerate(zip(told, counted)):
            yield from differences(one, other, f"{place}[{at}]")
    elif told != counted:
        yield f"{place}: told {json.dumps(told)}, counted {json.dumps(counted)}"


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def main(arguments):
    if len(arguments) != 3:
        print(__doc__.strip().splitlines()[2], file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:
        told = json.load(file)
    if told["version"] != VERSION:
        print(f"expected version {VERSION} of the definitions, found {told['version']}", file=sys.stderr)
        return 2
    counted = recount(told, read_lines(arguments[1]), read_lines(arguments[2]))
    found = list(differences(told, counted))
    for line in found:
        print(line)
    if not found:
        print(f"recounted 1 tally, {len(told['by'])} kinds of groups and {len(told['days'])} days: all the same")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
