/** Lets a rule say "hold this share of equity" in whatever action space a trading env has. */
import { ConfigError } from '../../core/errors.ts';
import { type ActionBatch, type ActionSpace, describeSpace } from '../../envs/spaces.ts';

/**
 * @returns a function that writes, for env `row`, the action nearest to the target exposure (a signed fraction
 * of equity)
 * @throws ConfigError `unsuitable-space` when the space's actions are not exposures
 */
export function createExposureWriter(
  space: ActionSpace,
  agent: string,
): (actions: ActionBatch, row: number, exposure: number) => void {
  if (space.kind === 'discrete' && space.values !== undefined) {
    const { values } = space;
    return (actions, row, exposure) => {
      let nearest = 0;
      for (let i = 1; i < values.length; i++) {
        if (Math.abs(values[i] - exposure) < Math.abs(values[nearest] - exposure)) nearest = i;
      }
      actions[row] = nearest;
    };
  }
  if (space.kind === 'box' && space.dim === 1) {
    const low = space.low[0];
    const high = space.high[0];
    return (actions, row, exposure) => {
      actions[row] = Math.min(Math.max(exposure, low), high);
    };
  }
  throw new ConfigError(
    'unsuitable-space',
    `Agent "${agent}" chooses a target exposure, but the action space is ${describeSpace(space)} without exposures. ` +
      'Use it with the "trading" env.',
  );
}
