"""Says where a configuration, after settings of a section were set, isn't what it was with these settings: a line of JSON for each."""

import json
import sys
import tomllib


def read(text):
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return error


for line in sys.stdin:
    case = json.loads(line)
    before, after = read(case["before"]), read(case["after"]) if case["after"] is not None else None
    if isinstance(before, Exception):
        # What isn't TOML is refused, and stays as it is.
        right = after is None
    else:
        table = before
        for key in case["section"].split("."):
            table = table.setdefault(key, {})
        table.update(case["settings"])
        right = after == before
    if not right:
        print(json.dumps({"read": str(after), "meant": str(before), **case}))
