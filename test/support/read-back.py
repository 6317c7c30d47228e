"""Reads what was written in several formats, and says where it isn't what was meant: a line of JSON for each."""

import csv
import io
import json
import math
import re
import sys
import tomllib

import yaml


class Core(yaml.SafeLoader):
    """PyYAML with the scalars of YAML 1.2, for which `cray` writes: in 1.1, `no` is a boolean and `1e+16` a text."""

    yaml_implicit_resolvers = {}


def resolve(tag, pattern, first):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


resolve("bool", "true|True|TRUE|false|False|FALSE", list("tTfF"))
resolve("null", "~|null|Null|NULL|", ["~", "n", "N", ""])
resolve("int", "[-+]?[0-9]+", list("-+0123456789"))
resolve("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", list("-+0123456789."))
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def same(read, meant):
    if type(read) is not type(meant):
        return False
    if isinstance(meant, dict):
        return read.keys() == meant.keys() and all(same(read[key], meant[key]) for key in meant)
    if isinstance(meant, list):
        return len(read) == len(meant) and all(map(same, read, meant))
    if isinstance(meant, float):
        return read == meant and math.copysign(1, read) == math.copysign(1, meant)
    return read == meant


readers = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": lambda text: yaml.load(text, Core),
    "csv": lambda text: list(csv.reader(io.StringIO(text, newline=""), strict=True)),
}

sys.set_int_max_str_digits(0)
csv.field_size_limit(2**31 - 1)
for line in sys.stdin:
    case = json.loads(line)
    try:
        read = readers[case["format"]](case["text"])
        fault = None if same(read, case["meant"]) else repr(read)
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
    if fault is not None:
        print(json.dumps({"fault": fault, **case}))
