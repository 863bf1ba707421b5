"""docker-compose.yml as its loader has it, and the commands that stand in it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")


def resolved(value):
    """A value as the loader has it: variables replaced by what .env or the default says."""
    if isinstance(value, dict):
        return {name: resolved(each) for name, each in value.items()}
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if isinstance(value, str):
        value = re.sub(r"\$\{SUMMITWATCH_UID:\?[^}]*\}", "1000", value)
        return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return value


COMPOSE = resolved(yaml.safe_load(TEXT))
SERVICES = COMPOSE["services"]


def commands():
    """Every command line of every service: (service, words)."""
    for name, service in SERVICES.items():
        command = service.get("command", ())
        if command[:2] == ["sh", "-ec"]:
            for line in command[2].splitlines():
                yield name, line.split()
        elif command:
            yield name, command
        test = service.get("healthcheck", {}).get("test", [""])
        if test[0] == "CMD":
            yield name, test[1:]
