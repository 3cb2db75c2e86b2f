"""Reads a dashboard by Grafana's own models, and says what they do not know or would have otherwise.

reads_as.py DASHBOARD [SCHEMAS]: also validates by the JSON schemas `dashboard` and `prometheus` of that folder.
"""

import enum
import json
import pathlib
import sys
import types
import typing

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard, prometheus

faults = []


def lost(said, kept, place):
    """What the models did not keep as it was said: they drop what they do not know."""
    if isinstance(said, dict) and isinstance(kept, dict):
        for key, value in said.items():
            if key in kept:
                lost(value, kept[key], f"{place}.{key}")
            else:
                faults.append(f"{place}.{key}: unknown")
    elif isinstance(said, list) and isinstance(kept, list) and len(said) == len(kept):
        for at, pair in enumerate(zip(said, kept)):
            lost(*pair, f"{place}[{at}]")
    elif said != kept or isinstance(said, bool) != isinstance(kept, bool):
        faults.append(f"{place}: {said!r} is read as {kept!r}")


def fits(value, hint):
    """Whether a value that was read is of the type that its model has for it."""
    origin = typing.get_origin(hint)
    if hint in (typing.Any, object):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in typing.get_args(hint))
    if origin is typing.Literal:
        return value in typing.get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(fits(item, typing.get_args(hint)[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(item, typing.get_args(hint)[1]) for item in value.values())
    if issubclass(hint, enum.Enum):
        return value in [member.value for member in hint] or value in list(hint)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def misfits(model, said, place):
    """The attributes of a model, and of those in it, that are not of their types, or that were needed and not said."""
    hints = typing.get_type_hints(type(model))
    for name, value in vars(model).items():
        first, *rest = name.removesuffix("_val").split("_")
        key = first + "".join(word.capitalize() for word in rest)
        if name in hints and not fits(value, hints[name]):
            faults.append(f"{place}.{key}: {value!r} is not {hints[name]}")
        if name in hints and not fits(None, hints[name]) and key not in said:
            faults.append(f"{place}.{key}: missing")
        # What panels have for options is theirs: to Grafana's schema it is anything, and they fill in what is not said.
        inner = said.get(key) if key != "options" else None
        for at, pair in enumerate(zip(value, inner) if isinstance(inner, list) else [(value, inner)]):
            if hasattr(pair[0], "to_json") and pair[1] is not None:
                misfits(*pair, f"{place}.{key}" + (f"[{at}]" if isinstance(inner, list) else ""))


board = json.loads(pathlib.Path(sys.argv[1]).read_text())
register_default_plugins()
read = dashboard.Dashboard.from_json(board)
lost(board, json.loads(JSONEncoder().encode(read)), "dashboard")
misfits(read, board, "dashboard")
targets = [target for panel in read.panels for target in getattr(panel, "targets", None) or []]
if not targets or not all(isinstance(target, prometheus.Dataquery) for target in targets):
    faults.append("dashboard.panels: a query that is not one of Prometheus")
if len(sys.argv) > 2:
    import jsonschema

    def schema(name):
        text = (pathlib.Path(sys.argv[2]) / f"{name}.jsonschema.json").read_text()
        return jsonschema.Draft7Validator(json.loads(text))

    said = [target for panel in board["panels"] for target in panel.get("targets", [])]
    for name, value in [("dashboard", board), *(("prometheus", target) for target in said)]:
        faults += [f"{name}: {error.json_path}: {error.message}" for error in schema(name).iter_errors(value)]
print("\n".join(faults))
sys.exit(1 if faults else 0)
