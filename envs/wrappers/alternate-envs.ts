/** Plays each episode in one of several envs: stretches of data that lie apart, with a fresh start in each. */
import { EnvError } from '../../core/errors.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import type { Env } from '../env.ts';

export interface AlternateEnv<Info> {
  readonly env: Env<Info>;
  /** How often it is drawn, in proportion to the others, > 0. */
  readonly weight: number;
}

/**
 * An env whose every reset draws one of `envs` by weight; no episode passes from one to another.
 * @param envs with the same spaces, one or more
 * @param seed of the draws; a reset with a seed begins them anew
 * @throws EnvError `invalid-selection` for no envs or a weight that is not above 0
 */
export function alternateEnvs<Info extends object>(
  envs: readonly AlternateEnv<Info>[],
  seed: number,
): Env<Info> {
  if (envs.length === 0 || !envs.every(({ weight }) => weight > 0 && weight < Infinity)) {
    throw new EnvError(
      'invalid-selection',
      'Envs to alternate between need one env or more, each with a weight above 0.',
    );
  }
  const total = envs.reduce((sum, { weight }) => sum + weight, 0);
  let rng: Rng = createRng(seed).fork('alternate');
  let current = 0;
  const [{ env: first }] = envs;

  function draw(): number {
    let left = rng.uniform() * total;
    for (let i = 0; i < envs.length - 1; i++) {
      left -= envs[i].weight;
      if (left < 0) return i;
    }
    return envs.length - 1;
  }

  const canSave = envs.every(({ env }) => env.save !== undefined && env.load !== undefined);
  return {
    observationSpace: first.observationSpace,
    actionSpace: first.actionSpace,
    actionMask: first.actionMask && (() => envs[current].env.actionMask!()),
    reset(options) {
      if (options?.seed !== undefined) rng = createRng(options.seed).fork('alternate');
      current = draw();
      return envs[current].env.reset(options);
    },
    step: (action) => envs[current].env.step(action),
    render: first.render && (() => envs[current].env.render!()),
    close() {
      for (const { env } of envs) env.close?.();
    },
    ...(canSave && {
      save() {
        return joinSnapshots({
          alternate: { arrays: {}, values: { current } },
          rng: rng.save(),
          ...Object.fromEntries(envs.map(({ env }, i) => [`env${i}`, env.save!()])),
        });
      },
      load(snapshot: Snapshot) {
        current = restoreNumber(snapshotPart(snapshot, 'alternate'), 'current');
        rng.load(snapshotPart(snapshot, 'rng'));
        for (const [i, { env }] of envs.entries()) env.load!(snapshotPart(snapshot, `env${i}`));
      },
    }),
  };
}
