#!/usr/bin/env python3
"""How well context points rank the commits that were later taken back.

usage: foureyes backtest -C REPO --output jsonl=FILE; benches/context_auc.py REPO FILE

Prints the area under the ROC curve over commits taken back within 30 days, for the context points alone and for the
score, and the share of them among the highest tenth. Python's standard library only.
"""

import json
import re
import subprocess
import sys

MONTH = 30 * 86_400


def taken_back(repository):
    """Ids of commits that another one of the next 30 days takes back, as `foureyes backtest` finds them.

    It names them in `This reverts commit ID`, or else quotes their subject: `Revert "SUBJECT"`.
    """
    log = subprocess.run(
        ["git", "-C", repository, "log", "--no-merges", "--format=%H %at%n%B%x00"],
        check=True, capture_output=True,
    ).stdout.decode(errors="replace")
    times, subjects, reverts = {}, {}, []
    for entry in log.split("\0"):
        head, _, message = entry.strip().partition("\n")
        if not head:
            continue
        commit, time = head.split(" ")
        times[commit] = int(time)
        subject = message.split("\n", 1)[0].strip()
        subjects.setdefault(subject, []).append(commit)
        named = re.findall(r"reverts commit ([0-9a-f]{7,40})", message, re.IGNORECASE)
        quoted = re.search(r'Revert "(.*)"', subject)
        reverts.append((commit, int(time), named, quoted and quoted.group(1)))
    found = set()
    for revert, time, named, quoted in reverts:
        whole = [name if name in times else next((one for one in times if one.startswith(name)), None)
                 for name in named]
        whole = [one for one in whole if one] or subjects.get(quoted, [])
        found.update(one for one in whole if one != revert and 0 <= time - times[one] <= MONTH)
    return found


def area(pairs):
    """Area under the curve of (value, label) pairs; ties count half."""
    pairs.sort(key=lambda pair: pair[0])
    rank, total, positive, at = 0, 0.0, 0, 0
    while at < len(pairs):
        end = at
        while end < len(pairs) and pairs[end][0] == pairs[at][0]:
            end += 1
        middle = rank + (end - at + 1) / 2
        for value, label in pairs[at:end]:
            if label:
                positive += 1
                total += middle
        rank += end - at
        at = end
    negative = len(pairs) - positive
    if not positive or not negative:
        return float("nan")
    return (total - positive * (positive + 1) / 2) / (positive * negative)


def main():
    repository, lines = sys.argv[1:]
    labels = taken_back(repository)
    records = [json.loads(line) for line in open(lines, encoding="utf-8")]
    records = [record for record in records if record["author_known"] is not None]
    for name, value in (
        ("context", lambda record: record["context"]),
        ("score", lambda record: record["score"] + record["context"] / 100),
    ):
        pairs = [(value(record), record["commit"] in labels) for record in records]
        caught = sorted(pairs, key=lambda pair: -pair[0])[: max(1, len(pairs) // 10)]
        positive = sum(label for _, label in pairs)
        share = sum(label for _, label in caught) / positive if positive else float("nan")
        print(f"{name:8} AUC {area(pairs):.3f}  recall in the highest tenth {share:.2f}  "
              f"({positive} of {len(pairs)} taken back)")


if __name__ == "__main__":
    main()
