/** Enters a combination of markets where its edge or its funding is high, and leaves it where that has gone. */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { createActionBatch } from '../../envs/spaces.ts';
import { defineAgent } from '../agent.ts';

/** Edges are observed in tens of basis points. */
const BPS_UNIT = 10;

export const comboHysteresis = defineAgent({
  name: 'combo-hysteresis',
  description: 'Enters a combination above a threshold of edge or funding, exits below another',
  config: z.object({
    signal: z
      .enum(['edge', 'funding'])
      .default('edge')
      .describe(
        'what is looked at: the gain at the best prices, or the next funding that a position receives',
      ),
    entryBps: z.number().default(10).describe('a position is entered above this, bp'),
    exitBps: z
      .number()
      .default(0)
      .describe('it is left where the way back gains more than this (edge), or funding falls below it, bp'),
    maxHeld: z
      .number()
      .positive()
      .default(0.4)
      .describe(
        'value held at most, parts of the capital; where targets are asked for, the largest of them counts',
      ),
    marginGuard: z
      .number()
      .gt(0)
      .max(1)
      .default(0.15)
      .describe('collateral is moved to contracts above this margin ratio, in (0, 1]'),
  }),
  build({ observationSpace, actionSpace }, { signal, entryBps, exitBps, maxHeld, marginGuard }) {
    const names = observationSpace.names ?? [];
    const acted = ('names' in actionSpace ? actionSpace.names : undefined) ?? [];
    const combo = names.find((name) => name.startsWith('edge-back:'))?.slice('edge-back:'.length);
    const column = (name: string): number => names.indexOf(`${name}:${combo}`);
    const choices = (way: string): number[] =>
      acted.flatMap((name, a) => (name.startsWith(`trade:${combo}:${way}:`) ? [a] : [])).reverse();
    // With targets a position is asked for, not a trade; leaving is the target 0.
    const targets = acted.flatMap((name, a) => {
      const [, value] = name.startsWith(`target:${combo}:`) ? name.split(`target:${combo}:`) : [];
      return value === undefined ? [] : [{ a, value: Number(value) }];
    });
    const beyond = (sign: 1 | -1): number[] =>
      targets.flatMap(({ a, value }) => (sign * value > 0 ? [a] : [])).sort((a, b) => sign * (b - a));
    const hasTargets = targets.length > 0;
    const flat = targets.flatMap(({ a, value }) => (value === 0 ? [a] : []));
    const forwards = hasTargets ? beyond(1) : choices('forwards');
    const backwards = hasTargets ? beyond(-1) : choices('backwards');
    const [leavesLong, leavesShort] = hasTargets ? [flat, flat] : [backwards, forwards];
    const fundings = names.flatMap((name, i) => (name.startsWith('funding-next:') ? [i] : []));
    const margins = names.flatMap((name, i) => (name.startsWith('margin-ratio:') ? [i] : []));
    const deposits = acted.flatMap((name, a) =>
      name.startsWith('move:') && name.endsWith('-margin') ? [a] : [],
    );
    if (combo === undefined || forwards.length === 0 || (signal === 'funding' && fundings.length === 0)) {
      throw new ConfigError(
        'unsuitable-space',
        `Agent "combo-hysteresis" trades combinations of markets${signal === 'funding' ? ' with funding' : ''}, which these spaces do not have. ` +
          'Use it with an env such as "carry" or "premium".',
      );
    }
    const most = hasTargets ? Infinity : maxHeld;
    const [edge, back, held] = [column('edge'), column('edge-back'), column('held')];
    const { dim } = observationSpace;
    const width = actionSpace.kind === 'discrete' ? actionSpace.n : 0;
    return {
      act(observations, numEnvs, _explore, stepContext) {
        const actions = createActionBatch(actionSpace, numEnvs);
        const masks = stepContext?.actionMasks;
        for (let n = 0; n < numEnvs; n++) {
          const at = n * dim;
          const first = (options: readonly number[]): number =>
            options.find((a) => masks === undefined || masks[n * width + a] === 1) ?? 0;
          const isShort = margins.some((m) => observations[at + m] > marginGuard);
          const deposit = isShort ? first(deposits) : 0;
          if (deposit > 0) {
            actions[n] = deposit;
            continue;
          }
          const position = observations[at + held];
          let [ahead, astern, leaveLong, leaveShort] = [0, 0, 0, 0];
          if (signal === 'edge') {
            ahead = observations[at + edge] * BPS_UNIT;
            astern = observations[at + back] * BPS_UNIT;
            leaveLong = astern - exitBps;
            leaveShort = ahead - exitBps;
          } else {
            // One contract is sold forwards; of two the first is bought and the second sold.
            const [one, two] = fundings;
            ahead =
              two === undefined ? observations[at + one] : observations[at + two] - observations[at + one];
            astern = -ahead;
            leaveLong = exitBps - ahead;
            leaveShort = exitBps - astern;
          }
          const isDust = Math.abs(position) < 1e-3;
          if (!isDust && position > 0 && leaveLong > 0) actions[n] = first(leavesLong);
          else if (!isDust && position < 0 && leaveShort > 0) actions[n] = first(leavesShort);
          else if (ahead > entryBps && position < most) actions[n] = first(forwards);
          else if (astern > entryBps && position > -most) actions[n] = first(backwards);
        }
        return actions;
      },
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
});
