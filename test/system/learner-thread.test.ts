/** A learner on a thread of its own, with code of the user's: agents of a plugin, networks of a plugin or of a file. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openAgentCode } from '../../continual/agent-policies.ts';
import type { Learner, startLearner as StartLearner } from '../../continual/learner.ts';
import { performTask } from '../../continual/learner-tasks.ts';
import { resolveLearnConfig } from '../../continual/registry-state.ts';
import { loadCatalog, openCatalog } from '../../experiments/plugins/catalog.ts';
import { openNetwork } from '../../experiments/plugins/network.ts';
import { TrustedPlugins } from '../../experiments/plugins/trust.ts';
import { type AgentModel, unpackAgentModel } from '../../storage/agent-model.ts';
import { ModelRegistry } from '../../storage/model-registry.ts';
import {
  createModel,
  createPlace,
  LEARN,
  Play,
  PPO,
  reversingBooks,
  START_MS,
  saveModel,
} from '../continual/continual-market.ts';
import { freshDist } from '../dist.ts';

const { startLearner } = (await import(freshDist('continual/learner.js'))) as {
  startLearner: typeof StartLearner;
};
const HOUR_MS = 3_600_000;
const SETTINGS = { ...LEARN, everyHours: 100, steps: 256 };
const TASK = { kind: 'train', champion: 'policy@2', cutMs: START_MS + 6.5 * HOUR_MS } as const;

const NETWORK = `import * as gym from 'market-gym';
export const tanh = gym.defineNetwork({
  name: 'own-tanh',
  description: 'An MLP of one hidden layer.',
  config: gym.z.object({ width: gym.z.number().int().default(4).describe('units') }),
  create: ({ inputDim, outputDim, rng, kernels }, { width }: { width: number }) =>
    gym.createMlp(kernels, {
      inputDim, hidden: [width], outputDim, activation: 'tanh', outputScale: 1, init: 'orthogonal', rng,
    }),
});
`;
const AGENT = `import { defineAgent, ppo } from 'market-gym';
export const own = defineAgent({ ...ppo, name: 'own-ppo' });
`;

/** A session of seven hours on the tape, and in the registry the model of what it traded with: version 2. */
async function placeWith(
  files: Readonly<Record<string, string>>,
  make: (path: (file: string) => string, access: { trusted: TrustedPlugins }) => Promise<AgentModel>,
) {
  const place = createPlace('market-gym-cli-');
  const folder = dirname(place.tape);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(
    fileURLToPath(new URL('../..', import.meta.url)),
    join(folder, 'node_modules/market-gym'),
    'junction',
  );
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  const access = { trusted: new TrustedPlugins(join(folder, 'config')) };
  const opened = new ModelRegistry(place.registry, { create: true });
  opened.promote(saveModel(opened, createModel(1)), 0, { reason: 'by hand' });
  const model = await make((file) => join(folder, file), access);
  saveModel(opened, model);
  opened.close();
  const play = new Play(place, { learn: { everyHours: 100 } });
  await play.take(reversingBooks({ seed: 1, hours: 7 }), 0, 7);
  await play.close();
  return { ...place, access, model, path: (file: string) => join(folder, file) };
}

/** What the thread and this one make of the same champion. */
async function trainTwice(place: Awaited<ReturnType<typeof placeWith>>) {
  const { tape, registry, access, model } = place;
  const code = await openAgentCode(model, model.plugins ?? [], access, 'The model "policy@2"');
  const { catalog, network } = code;
  const learner: Learner = startLearner({
    tape,
    registry,
    plugins: catalog.files,
    ...(network && { network: network.record }),
    learn: SETTINGS,
  });
  const onThread = await learner.perform(TASK);
  await learner.stop();
  const opened = new ModelRegistry(registry);
  const context = {
    tape,
    registry: opened,
    ...code,
    venues: [...catalog.venues],
    learn: resolveLearnConfig(SETTINGS),
  };
  const here = performTask(TASK, context);
  const models = ['policy@3', 'policy@4'].map((id) => opened.load(id));
  opened.close();
  return { onThread, here, models };
}

test('networks of a file in TypeScript go on learning on the thread, to the bits of this one', async () => {
  const place = await placeWith({ 'network.ts': NETWORK }, async (path, access) => {
    const network = await openNetwork(path('network.ts'), { width: 3 }, await loadCatalog(), access);
    return createModel(1, undefined, PPO, { network });
  });
  const { onThread, here, models } = await trainTwice(place);
  expect([onThread, here]).toEqual([
    { kind: 'trained', id: 'policy@3' },
    { kind: 'trained', id: 'policy@4' },
  ]);
  const [first, second] = models.map(unpackAgentModel);
  expect(first.network).toMatchObject({ path: place.path('network.ts'), config: { width: 3 } });
  expect(first.state).toEqual(second.state);
  expect(first.state).not.toEqual(place.model.state);
});

test('an agent of a plugin goes on learning on the thread, and a network of the same file by its name', async () => {
  const place = await placeWith({ 'own.ts': `${NETWORK}${AGENT}` }, async (path, access) => {
    const catalog = await openCatalog([], { ...access, plugins: [path('own.ts')] }, 'The test');
    const network = await openNetwork('own-tanh', {}, catalog, access);
    const model = createModel(1, undefined, { ...PPO, agent: 'own-ppo' }, { catalog, network });
    return { ...model, plugins: catalog.files };
  });
  const { onThread, models } = await trainTwice(place);
  expect(onThread).toEqual({ kind: 'trained', id: 'policy@3' });
  const [first, second] = models.map(unpackAgentModel);
  expect(first.agent.name).toBe('own-ppo');
  expect(first.network).toEqual({ name: 'own-tanh', config: { width: 4 } });
  expect(first.state).toEqual(second.state);
});

test('a file that was never given is not run, and one that changed before the thread began is not either', async () => {
  const place = await placeWith({ 'network.ts': NETWORK }, async (path, access) => {
    const network = await openNetwork(path('network.ts'), {}, await loadCatalog(), access);
    return createModel(1, undefined, PPO, { network });
  });
  const stranger = { trusted: new TrustedPlugins(place.path('stranger')) };
  await expect(openAgentCode(place.model, [], stranger, 'The model "policy@2"')).rejects.toMatchObject({
    code: 'plugin-untrusted',
  });
  const { network } = await openAgentCode(place.model, [], place.access, 'The model "policy@2"');
  writeFileSync(place.path('network.ts'), NETWORK.replace("'tanh'", "'relu'"));
  const learner = startLearner({
    tape: place.tape,
    registry: place.registry,
    plugins: [],
    network: network!.record,
    learn: SETTINGS,
  });
  const result = await learner.perform(TASK);
  await learner.stop();
  expect(result).toMatchObject({ kind: 'failed', message: expect.stringContaining('network file') });
});
