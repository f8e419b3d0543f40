#!/usr/bin/env python3
"""Checks licences, sources and bans of the dependency tree against deny.toml, for machines without cargo-deny.

It must never pass what cargo-deny would refuse for these three; security advisories it cannot check at all.
"""
import json
import re
import subprocess
import sys
import tomllib

REGISTRY = "registry+"


def evaluate(expression, allowed):
    """Evaluates an SPDX expression: OR, AND, parentheses, `X WITH exception`, and the old `MIT/Apache-2.0`."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def term():
        nonlocal position
        word = words[position]
        position += 1
        if word == "(":
            value = alternatives()
            position += 1
            return value
        if position < len(words) and words[position] == "WITH":
            word = f"{word} WITH {words[position + 1]}"
            position += 2
        return word in allowed

    def conjunction():
        nonlocal position
        value = term()
        while position < len(words) and words[position] == "AND":
            position += 1
            right = term()
            value = value and right
        return value

    def alternatives():
        nonlocal position
        value = conjunction()
        while position < len(words) and words[position] == "OR":
            position += 1
            right = conjunction()
            value = value or right
        return value

    value = alternatives()
    if position != len(words):
        raise ValueError(f"cannot read the licence expression {expression!r}")
    return value


def main():
    with open("deny.toml", "rb") as file:
        policy = tomllib.load(file)
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    allowed = set(policy["licenses"]["allow"])
    banned = {entry["crate"] for entry in policy["bans"]["deny"]}
    members = set(metadata["workspace_members"])
    wrong = []
    for package in metadata["packages"]:
        name = f"{package['name']} {package['version']}"
        licence = package.get("license")
        if licence is None:
            wrong.append(f"{name}: no licence expression")
        elif not evaluate(licence, allowed):
            wrong.append(f"{name}: licence {licence} is not allowed")
        if package["name"] in banned:
            wrong.append(f"{name}: banned")
        source = package.get("source")
        if source is not None and not source.startswith(REGISTRY):
            wrong.append(f"{name}: source {source} is not a registry")
        if source is None and package["id"] not in members:
            wrong.append(f"{name}: a path outside this package")
        if package["id"] in members:
            for dependency in package["dependencies"]:
                if dependency["req"] == "*" and not dependency.get("path"):
                    wrong.append(f"{dependency['name']}: version `*`")
    for line in sorted(set(wrong)):
        print(f"refused: {line}")
    print(f"{len(metadata['packages'])} packages checked for licence, source and bans: {len(set(wrong))} refused")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
