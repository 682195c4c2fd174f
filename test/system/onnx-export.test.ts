/** Exported models outside: a page in a headless browser, and ONNX's own checker where Python has it. */
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workplace } from '../scripts/command-line.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHROMIUM = '/usr/bin/chromium';
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import onnx']).status === 0,
);
if (python === undefined) console.warn('skipped: no python3 here can import onnx');
if (!existsSync(CHROMIUM)) console.warn(`skipped: no browser at ${CHROMIUM}`);

const scratch = mkdtempSync(join(tmpdir(), 'onnx-export-'));
let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  const trained = await place.run('train', '--env', 'cartpole', '--steps', '40000', '--out', 'run');
  expect(trained.code, trained.stderr).toBe(0);
  const done = await place.run('export', 'run', '--to', 'onnx', '--out', 'policy.onnx');
  expect(done).toMatchObject({ code: 0, stderr: '' });
}, 120_000);
afterAll(() => {
  place?.remove();
  rmSync(scratch, { recursive: true, force: true });
});

test.skipIf(!existsSync(CHROMIUM))('a trained policy balances the pole in a browser', async () => {
  const types: Record<string, string> = {
    '.html': 'text/html',
    '.mjs': 'text/javascript',
    '.wasm': 'application/wasm',
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = pathname === '/policy.onnx' ? place.file('policy.onnx') : join(ROOT, pathname);
    if (!existsSync(file) || !statSync(file).isFile()) response.writeHead(404).end();
    else {
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
      createReadStream(file).pipe(response);
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const { port } = server.address() as AddressInfo;
    await page.goto(
      `http://127.0.0.1:${port}/examples/browser-cartpole.html?policy=/policy.onnx&episodes=5&fast`,
    );
    await page.waitForFunction('document.body.dataset.returns !== undefined', undefined, { timeout: 60_000 });
    const returns: number[] = JSON.parse((await page.evaluate('document.body.dataset.returns')) as string);
    expect(returns).toHaveLength(5);
    // A policy that pushes at random lasts for some 22 steps.
    expect(Math.min(...returns)).toBeGreaterThan(100);
  } finally {
    await browser.close();
    await new Promise((closed) => server.close(closed));
  }
});

test.skipIf(python === undefined)("ONNX's checker finds nothing wrong with policies and trees", async () => {
  await place.run('fit', 'sp500', '--model', 'xgboost', '--set', 'model.num_round=5', '--out', 'trees');
  expect(await place.run('export', 'trees', '--to', 'onnx', '--out', 'trees.onnx')).toMatchObject({
    code: 0,
  });
  const memory = ['--set', 'agent.network=lstm', 'env.hideVelocities=true'];
  await place.run('train', '--env', 'cartpole', ...memory, '--steps', '2048', '--out', 'memory');
  await place.run('export', 'memory', '--to', 'onnx', '--out', 'memory.onnx');
  const files = ['policy.onnx', 'trees.onnx', 'memory.onnx'].map((name) => place.file(name));
  const script =
    'import onnx, sys\nfor file in sys.argv[1:]: onnx.checker.check_model(onnx.load(file), full_check=True)';
  const { status, stderr } = spawnSync(python as string, ['-c', script, ...files], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});
