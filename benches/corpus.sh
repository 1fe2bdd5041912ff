#!/usr/bin/env bash
# corpus.sh FOLDER: a repository with a staged change in ten files of nine languages, about 8 KB a side each.
set -euo pipefail
folder=${1:?usage: corpus.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@example.com GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@example.com
git init -q -b main .
mkdir -p src app web cmd infra deploy db scripts .github/workflows

repeat() { # FILE COUNT: the template on standard input, @ becoming the number of the copy
  local template
  template=$(cat)
  for ((copy = 1; copy <= $2; copy++)); do
    printf '%s\n\n' "${template//@/$copy}"
  done >>"$1"
}

write() { # TIMEOUT: the one value that the change edits all over the place
  rm -f src/*.rs app/*.py web/*.ts cmd/*.go infra/*.tf deploy/*.yaml db/*.sql scripts/*.sh
  repeat src/store.rs 26 <<END
/// Loads the record with number @.
pub fn load_@(connection: &Connection, id: u64) -> Result<Record, StoreError> {
    let row = connection.query("SELECT id, name FROM records WHERE id = ?", id)?;
    let name = row.get("name").ok_or(StoreError::Missing(id))?;
    Ok(Record { id, name, timeout: $1 + @ })
}
END
  repeat app/views.py 30 <<END
@login_required
def view_@(request, identifier):
    record = Record.objects.filter(owner=request.user, id=identifier).first()
    if record is None:
        raise Http404("record @")
    return render(request, "record.html", {"record": record, "timeout": $1})
END
  cp app/views.py app/api.py
  repeat web/client.ts 32 <<END
export async function fetchRecord@(id: number): Promise<Record> {
  const response = await fetch(\`/api/records/\${id}\`, { signal: AbortSignal.timeout($1) });
  if (!response.ok) throw new Error("record @ " + response.status);
  return response.json();
}
END
  printf 'package main\n\n' >cmd/main.go
  repeat cmd/main.go 34 <<END
func handle@(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), $1*time.Second)
	defer cancel()
	if err := serve(ctx, w, @); err != nil {
		http.Error(w, err.Error(), 500)
	}
}
END
  repeat infra/main.tf 28 <<END
resource "aws_sqs_queue" "queue_@" {
  name                       = "queue-@"
  visibility_timeout_seconds = $1
  message_retention_seconds  = 345600
  tags = {
    env  = "dev"
    team = "platform"
  }
}
END
  repeat deploy/services.yaml 22 <<END
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-@
  namespace: shop
spec:
  replicas: 3
  template:
    spec:
      terminationGracePeriodSeconds: $1
      containers:
        - name: service
          image: registry.example.com/service:@
END
  repeat db/reports.sql 40 <<END
-- Report @.
UPDATE reports SET refreshed_at = now(), timeout = $1
 WHERE tenant_id = @ AND kind = 'daily' AND refreshed_at < now() - interval '1 day';
END
  printf '#!/usr/bin/env bash\nset -euo pipefail\n\n' >scripts/sync.sh
  repeat scripts/sync.sh 40 <<END
sync_@() {
  local target="\${BUCKET:?}/archive/@"
  aws s3 sync --only-show-errors --cli-read-timeout $1 ./out/@ "s3://\$target"
  echo "synced @ to \$target"
}
END
  {
    printf 'name: ci\non: [push]\npermissions:\n  contents: read\njobs:\n'
    for ((job = 1; job <= 36; job++)); do
      printf '  test-%s:\n    runs-on: ubuntu-latest\n    timeout-minutes: %s\n    steps:\n' "$job" "$1"
      printf '      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683\n      - run: make test-%s\n' "$job"
    done
  } >.github/workflows/ci.yml
}

write 30
git add -A
git commit -qm "Start"
write 31
git add -A
