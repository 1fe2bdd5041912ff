#!/usr/bin/env python3
"""How often the suggested reviewers are those who reviewed.

usage: benches/reviewer_ranking.py FOUREYES REPO [SAMPLE]

Takes the last 2,000 commits that name a reviewer (SAMPLE of them, spread evenly; default 500), oldest first, and asks
`foureyes reviewers` for each, which knows only the commits before it. Prints the share of commits of which one of the
true reviewers is the first, or among the first three, and the mean reciprocal rank of these three. Robots and the author
are no true reviewers; people are the same by address, handle or name. Python's standard library only.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

COMMITS = 2000
ROBOT = re.compile(r"\[bot\]|[-_]bot\b|\bbot\b|robot|autoroll|kokoro|luci cq|trybot|scoped@|gobot@", re.IGNORECASE)
TRAILER = re.compile(r"^(?:Reviewed|Approved)[- ]By: *(.+)$", re.IGNORECASE | re.MULTILINE)
PERSON = re.compile(r"^(.*?)\s*(?:<([^>]*)>)?\s*$")


def keys(name, email):
    """What a person is known by, in lower case."""
    found = {key.strip().lower() for key in (name, email) if key and key.strip()}
    if email:
        handle = email.split("@")[0].split("+")[-1].lower()
        if len(handle) >= 3:
            found.add(handle)
    return found


def reviewed(repository):
    """Id, and keys of each true reviewer, of the commits that name one; newest first."""
    log = subprocess.run(
        ["git", "-C", repository, "log", "--no-merges", "--use-mailmap", "--format=%H%x01%aN%x01%aE%x01%B%x00"],
        check=True, capture_output=True,
    ).stdout.decode(errors="replace")
    for entry in log.split("\0"):
        parts = entry.strip("\n").split("\x01", 3)
        if len(parts) < 4:
            continue
        commit, name, email, message = parts
        author, true = keys(name, email), []
        for text in TRAILER.findall(message):
            for one in re.split("[,;]", text):
                person = PERSON.match(one.strip())
                known = keys(*person.groups())
                if known and not known & author and not ROBOT.search(one):
                    true.append(known)
        if true:
            yield commit, true


def main():
    program, repository = sys.argv[1:3]
    size = int(sys.argv[3]) if len(sys.argv) > 3 else 500
    names = {}
    people = subprocess.run(["git", "-C", repository, "log", "--use-mailmap", "--format=%aE%x01%aN"],
                            check=True, capture_output=True).stdout.decode(errors="replace")
    for line in set(people.splitlines()):
        email, _, name = line.partition("\x01")
        names.setdefault(email.lower(), set()).add(name.lower())
    commits = []
    for entry in reviewed(repository):
        commits.append(entry)
        if len(commits) == COMMITS:
            break
    step = max(1, len(commits) // size)
    commits = commits[::step][:size][::-1]
    first = three = 0
    reciprocal = 0.0
    with tempfile.TemporaryDirectory() as cache:
        environment = dict(os.environ, XDG_CACHE_HOME=cache)
        for commit, true in commits:
            out = subprocess.run(
                [program, "reviewers", "-C", repository, "--commit", commit, "--format", "json"],
                capture_output=True, env=environment,
            ).stdout
            suggested = [one["who"] for one in json.loads(out)["suggested"] if one["grounds"] == "past"]
            for rank, who in enumerate(suggested[:3], 1):
                known = keys("", who) | names.get(who.lower(), set()) if "@" in who else keys(who, "")
                if any(known & one for one in true):
                    first += rank == 1
                    three += 1
                    reciprocal += 1 / rank
                    break
    count = len(commits)
    print(f"{count} commits: top-1 {first / count:.3f}  top-3 {three / count:.3f}  MRR@3 {reciprocal / count:.3f}")


if __name__ == "__main__":
    main()
