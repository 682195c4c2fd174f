#!/usr/bin/env bash
# Library: ccxt 4.5.84 (npm), its WebSocket side, with ws 8.18.3 as a server on loopback.
# One would guess: an exchange whose WebSocket address was set to a plain ws:// one, a recorder or a proxy on this
#   machine say, connects to it, as it does to wss:// and as the REST side does to http://.
# What happens: the connection is refused inside the library, as not supported without a proxy agent, although no proxy is
#   set and the server is there. After `await exchange.loadHttpProxyAgent()` the same call with the same settings connects.
# Seen (Node 20.20):
#   without: NotSupported
#   with: connected
# Fails when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts ccxt@4.5.84 ws@8.18.3
cat > try.mjs <<'JS'
import ccxt from 'ccxt';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await new Promise((resolve) => server.once('listening', resolve));
const url = `ws://127.0.0.1:${server.address().port}/`;

async function attempt(prepare) {
  const exchange = new ccxt.pro.kucoin();
  if (prepare) await exchange.loadHttpProxyAgent();
  const connected = new Promise((resolve) => server.once('connection', () => resolve('connected')));
  const watched = Promise.resolve()
    .then(() => exchange.watch(url, 'hash', { id: 1 }, 'hash'))
    .catch((error) => error.constructor.name);
  const outcome = await Promise.race([connected, watched]);
  await exchange.close().catch(() => {});
  return outcome;
}

console.log(`without: ${await attempt(false)}`);
console.log(`with: ${await attempt(true)}`);
process.exit(0);
JS
output=$(node try.mjs 2>&1)
printf '%s\n' "$output"
[ "$output" = 'without: NotSupported
with: connected' ] || { echo 'This has changed.' >&2; exit 1; }
