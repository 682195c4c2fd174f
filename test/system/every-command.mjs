/**
 * Hands plugins of every kind to every command, in one process of whatever Node runs it: for versions of Node that the
 * tests themselves do not run on. `plugin-projects.ts` puts it where it runs. It exits with 1 where a command fails.
 */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturedIo, main } from 'market-gym/scripts';
import { WebSocketServer } from 'ws';

const { projects, live, frames } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'projects.json'), 'utf8'),
);
const folder = mkdtempSync(join(import.meta.dirname, 'run-'));
process.env.MARKET_GYM_CONFIG = join(folder, 'config');

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');
server.on('connection', (socket) => {
  let sent = 0;
  const send = () => {
    const frame = JSON.parse(frames[sent++ % frames.length]);
    socket.send(JSON.stringify({ ...frame, t: Date.now() }));
  };
  const timer = setInterval(send, 20);
  socket.on('close', () => clearInterval(timer));
});

let passed = 0;
let failed = 0;
for (const { language, files, commands, session, tapeCommands, endless } of projects) {
  const place = join(folder, language);
  mkdirSync(place);
  process.chdir(place);
  for (const [name, content] of files) writeFileSync(name, content);
  writeFileSync('session.json', session.replace('PORT', server.address().port));
  const ended = new Set(endless);
  for (const line of [...commands, ['trade on its venue', live], ...tapeCommands, ...endless]) {
    const [what, args] = line;
    const io = capturedIo(ended.has(line) ? AbortSignal.timeout(1500) : undefined);
    const code = await main(args, io).catch((error) => error.stack);
    if (code === 0) passed++;
    else {
      failed++;
      console.log(`FAILED ${language}, ${what}: market-gym ${args.join(' ')}\n${code} ${io.stderr.text}`);
    }
  }
}
server.close();
console.log(`${passed} commands took the plugins, ${failed} did not.`);
process.exit(failed === 0 ? 0 : 1);
