/** Saves and promotes models without end, for a test that kills it. Arguments: the registry and a model's name. */
import { writeSync } from 'node:fs';
import { ModelRegistry } from '../../../dist/storage/model-registry.js';

const [path, name] = process.argv.slice(2);
const registry = new ModelRegistry(path);
for (let i = 0; ; i++) {
  const details = {
    name,
    kind: 'test',
    kindVersion: 1,
    config: {},
    pipeline: {},
    metrics: {},
    codeVersion: '0',
    createdMs: i,
  };
  const state = JSON.stringify({ pid: process.pid, i, padding: 'x'.repeat(2000) });
  const { id } = registry.save(details, { 'state.json': Buffer.from(state) });
  writeSync(1, `${id}\n`);
  registry.promote(id, i, null);
}
