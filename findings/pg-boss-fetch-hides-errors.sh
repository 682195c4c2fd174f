#!/usr/bin/env bash
# Library: pg-boss 10.4.2 (npm), with a database handed to it by its option `db`.
# One would guess: `fetch` of a queue rejects, or the instance emits `error`, when the query fails because the server is away,
#   as `send` does.
# What happens: `fetch` catches every error of its query, and resolves to an empty list: a server that is gone looks like a
#   queue that is empty, and nothing is emitted. Whoever polls by `fetch` has to ask the server something else to notice.
# Seen (Node 20.20):
#   send: rejects, the server is away
#   fetch: resolves to 0 jobs
#   error events: 0
# Fails when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts pg-boss@10.4.2
cat > try.mjs <<'JS'
import PgBoss from 'pg-boss';

let isAway = false;
const db = {
  async executeSql() {
    if (isAway) throw new Error('the server is away');
    // What it asks for at its start: whether its tables are there, of which version; and a queue.
    return { rows: [{ name: 'pgboss.version', version: '24', policy: 'standard' }], rowCount: 1 };
  },
};
const boss = new PgBoss({ db, supervise: false, schedule: false, migrate: false });
let numErrors = 0;
boss.on('error', () => numErrors++);
await boss.start();
isAway = true;
const told = (name, promise) =>
  promise.then(
    (value) => console.log(`${name}: resolves to ${value?.length} jobs`),
    (error) => console.log(`${name}: rejects, ${error.message}`),
  );
await told('send', boss.send('work', {}));
await told('fetch', boss.fetch('work'));
console.log(`error events: ${numErrors}`);
process.exit(0);
JS
output=$(node try.mjs 2>&1)
printf '%s\n' "$output"
[ "$output" = 'send: rejects, the server is away
fetch: resolves to 0 jobs
error events: 0' ] || { echo 'This has changed.' >&2; exit 1; }
