/**
 * Completes what the compiler wrote into dist: the kernels' bytes, the program's mode, the doors for `require`, and what
 * the built-in plugins are.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

for (const file of ['kernels.wasm', 'kernels-fma.wasm'])
  copyFileSync(`networks/kernels/${file}`, `dist/networks/kernels/${file}`);
chmodSync('dist/scripts/market-gym.js', 0o755);

/**
 * `require` of an ES module gives that module itself. Compilers that hook into `require` (tsx among them, in a folder of
 * CommonJS) would make a second copy of it instead, whose classes are not those of the first: refused, with the remedy.
 */
const source = (file) => `'use strict';
const { isModuleNamespaceObject } = require('node:util').types;
const remedy =
  'market-gym is an ES module, and this CommonJS script would get a second copy of it. ' +
  'Run "npm pkg set type=module" in its folder, or name the script .mts or .mjs.';
let found;
try {
  found = require('${file}');
} catch (error) {
  if (!['ERR_VM_MODULE_LINK_FAILURE', 'ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE'].includes(error.code)) throw error;
  throw new Error(remedy, { cause: error });
}
if (!isModuleNamespaceObject(found)) throw new Error(remedy);
module.exports = found;
`;

rmSync('dist/require', { recursive: true, force: true });
mkdirSync('dist/require');
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const { require: entry, default: file } of Object.values(exports)) {
  if (entry !== undefined) writeFileSync(entry, source(file.replace('./dist/', '../')));
}

const written = 'dist/experiments/plugins/built-in.json';
rmSync(written, { force: true });
const { describeBuiltIn } = await import('../../dist/experiments/plugins/describe-built-in.js');
writeFileSync(written, JSON.stringify(await describeBuiltIn()));
