#!/bin/bash
# What the history costs a check: a repository of 100,000 commits, judged without history, with a kept one, and cold.
# usage: benches/history_cost.sh FOUREYES [FOLDER]; the folder is made anew, and takes about 100 MB.
set -euo pipefail
program=$(realpath "$1")
folder=${2:-$(mktemp -d)/history-cost}
rm -rf "$folder"
git init -q -b main "$folder"
cd "$folder"
python3 - <<'PYTHON' | git fast-import --quiet
import random
import sys

random.seed(4)
out = sys.stdout.buffer
people = [f"dev{number}" for number in range(200)]
paths = [f"{top}/{below}/file{number}.py" for top in ("src", "infra", "tests", "docs", "lib")
         for below in range(40) for number in range(10)]
COMMITS, NOW = 100_000, 1_763_900_000


def data(text):
    return b"data %d\n%s\n" % (len(text.encode()), text.encode())


for number in range(COMMITS):
    author, reviewer = random.choice(people), random.choice(people)
    who = f"{author} <{author}@example.com> {NOW - (COMMITS - number) * 600} +0000"
    out.write(f"commit refs/heads/main\nauthor {who}\ncommitter {who}\n".encode())
    message = f"{random.choice(['Add', 'Fix', 'Change', 'Move'])} thing {number}\n"
    if random.random() < 0.5:
        message += f"\nReviewed-by: {reviewer} <{reviewer}@example.com>\n"
    out.write(data(message))
    for path in random.sample(paths, random.randint(1, 4)):
        out.write(f"M 100644 inline {path}\n".encode() + data(f"value = {number}\nname = '{author}'\n"))
    out.write(b"\n")
PYTHON
git checkout -q -f main
git config user.name dev3
git config user.email dev3@example.com
for path in src/1/file1.py infra/2/file3.py tests/4/file5.py; do echo "other = 1" >> "$path"; done
git add -A
export XDG_CACHE_HOME="$folder/.git/cache"
PROGRAM="$program" python3 - <<'PYTHON'
import os
import resource
import subprocess


def cpu(*arguments):
    """CPU milliseconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([os.environ["PROGRAM"], "check", "--staged", *arguments], stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


print(f"cold            {cpu():7.1f} ms")
for name, arguments in (("without history", ["--no-history"]), ("history kept", [])):
    print(f"{name:15} {sorted(cpu(*arguments) for _ in range(30))[15]:7.1f} ms (median of 30)")
PYTHON
