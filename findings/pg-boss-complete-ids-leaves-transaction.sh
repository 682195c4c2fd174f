#!/usr/bin/env bash
# Library: pg-boss 10.4.2 (npm), with TypeScript 5.9.3 over its own types.
# One would guess: `complete(queue, ids, { db })`, an overload that its types offer for a list of ids, completes the jobs over
#   the connection that is handed in, so that this and the caller's own rows are one transaction; as it does for one id
#   with data, `complete(queue, id, data, { db })`.
# What happens: it compiles, and the options are taken for the jobs' data: the connection that is handed in is not asked, the
#   jobs are completed outside of the transaction, at once. An empty `data` before the options, which the types do not allow
#   with a list of ids, has the effect that was wanted.
# Seen (Node 20.20):
#   compiles: yes
#   as typed: over its own connection
#   with data between: over the one handed in
# Fails when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm pkg set type=module > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts pg-boss@10.4.2 typescript@5.9.3 @types/node@20.19.25
cat > typed.ts <<'TS'
import PgBoss from 'pg-boss';
declare const boss: PgBoss;
declare const db: PgBoss.Db;
export const done = boss.complete('work', ['11111111-1111-4111-8111-111111111111'], { db });
TS
compiles=no
npx tsc --noEmit --strict --module nodenext --target es2022 --skipLibCheck typed.ts && compiles=yes
cat > try.mjs <<'JS'
import PgBoss from 'pg-boss';

const ids = ['11111111-1111-4111-8111-111111111111'];
let asked = '';
const connection = (name) => ({
  async executeSql() {
    asked = name;
    return { rows: [{ name: 'pgboss.version', version: '24', policy: 'standard' }], rowCount: 1 };
  },
});
const boss = new PgBoss({ db: connection('its own connection'), supervise: false, schedule: false, migrate: false });
boss.on('error', () => {});
await boss.start();
const db = connection('the one handed in');
await boss.complete('work', ids, { db });
console.log(`as typed: over ${asked}`);
await boss.complete('work', ids, {}, { db });
console.log(`with data between: over ${asked}`);
process.exit(0);
JS
output="compiles: $compiles
$(node try.mjs 2>&1)"
printf '%s\n' "$output"
[ "$output" = 'compiles: yes
as typed: over its own connection
with data between: over the one handed in' ] || { echo 'This has changed.' >&2; exit 1; }
