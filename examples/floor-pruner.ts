/** A pruner: ends a trial that is below a floor after some steps. */
import { definePruner, z } from 'market-gym';

export const floor = definePruner({
  name: 'floor',
  description: 'ends a trial whose evaluation is below a floor',
  config: z.object({
    atSteps: z.int().min(1).default(1000).describe('env steps after which it looks'),
    value: z.number().default(0).describe('the floor, in the unit of the mean return'),
  }),
  create: ({ totalSteps }, { atSteps, value }) => ({
    rungs: atSteps < totalSteps ? [atSteps] : [],
    stops: (reports) => reports[reports.length - 1].value < value,
  }),
});
