#!/usr/bin/env bash
# side_by_side.sh [FOUREYES]: process time of `foureyes check --staged` beside `git diff --cached` on one staged change of
# ten files, both measured in turn, so that a slow moment of the machine hits both. Needs bash, git and awk.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
foureyes=$(realpath "${1:-$here/../target/release/foureyes}")
rounds=${ROUNDS:-30}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bash "$here/corpus.sh" "$folder/repository" >/dev/null
cd "$folder/repository"

TIMEFORMAT='%U %S'
for ((round = 0; round <= rounds; round++)); do
  ours=$({ time "$foureyes" check --staged --fail-on 100 >/dev/null 2>&1; } 2>&1)
  gits=$({ time git diff --cached >/dev/null; } 2>&1)
  # The first round warms the caches.
  if ((round > 0)); then
    echo "$ours $gits"
  fi
done | awk '
  { ours[NR] = ($1 + $2) * 1000; gits[NR] = ($3 + $4) * 1000 }
  function middle(list, n,   i, j, held) {
    for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j - 1] > list[j]; j--) { held = list[j]; list[j] = list[j - 1]; list[j - 1] = held }
    return list[int((n + 1) / 2)]
  }
  END {
    a = middle(ours, NR); b = middle(gits, NR)
    printf "foureyes check --staged  %6.1f ms process time (median of %d)\n", a, NR
    printf "git diff --cached        %6.1f ms process time (median of %d)\n", b, NR
    printf "budget 3 x git + 10 ms   %6.1f ms: %s\n", 3 * b + 10, (a <= 3 * b + 10) ? "kept" : "missed"
  }'
