/**
 * Quotes at one venue around the price of its hedge at another, the further from it the more uncertain and the rarer the
 * trades, and skewed against what the venues already lean to.
 *
 * Source: Avellaneda & Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8 (2008), equations 3.17
 * and 3.18: reservation price s − qγσ²(T − t), distance of each quote γσ²(T − t)/2 + ln(1 + γ/k)/γ.
 * Differences from the source: fills are hedged at once, so that the price which quotes stand around is the hedge's, fees paid,
 * and what is held is not a bet on the price but on which venue the inventory lies, in parts of `maxHeld`; σ²(T − t) is a
 * constant, as there is no last day; each quote takes the nearest of the edges that the env offers.
 */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { log } from '../../core/math.ts';
import { createActionBatch } from '../../envs/spaces.ts';
import { defineAgent } from '../agent.ts';

export const hedgedMaker = defineAgent({
  name: 'hedged-maker',
  description: 'Quotes around the price of the hedge, skewed by inventory, as Avellaneda and Stoikov do',
  config: z.object({
    riskAversion: z.number().positive().default(0.05).describe('γ, 1/bp'),
    intensity: z
      .number()
      .positive()
      .default(0.3)
      .describe('k, by which factor e^(−k) fills are rarer a basis point further away, 1/bp'),
    varianceBps2: z
      .number()
      .min(0)
      .default(20)
      .describe('σ²(T − t), variance of the price over the time that inventory is held, bp²'),
    maxHeld: z
      .number()
      .positive()
      .default(0.2)
      .describe('no quote adds to what is held of the combination beyond this, parts of the capital'),
  }),
  build({ observationSpace, actionSpace }, { riskAversion, intensity, varianceBps2, maxHeld }) {
    const names = observationSpace.names ?? [];
    const acted = ('names' in actionSpace ? actionSpace.names : undefined) ?? [];
    const held = names.findIndex((name) => name.startsWith('held:'));
    const quotes = acted.flatMap((name, a) => {
      const [kind, bid, ask] = name.split(':');
      return kind === 'quote' ? [{ a, bid: Number(bid), ask: Number(ask) }] : [];
    });
    if (held < 0 || quotes.length === 0) {
      throw new ConfigError(
        'unsuitable-space',
        'Agent "hedged-maker" sets quotes of a maker, which these spaces do not have. Use it with the env "maker-taker".',
      );
    }
    const edges = [...new Set(quotes.map(({ bid }) => bid))].filter((edge) => !Number.isNaN(edge));
    const half = log(1 + riskAversion / intensity) / riskAversion + (riskAversion * varianceBps2) / 2;
    const skew = riskAversion * varianceBps2;
    const nearest = (wanted: number): number =>
      edges.reduce((best, edge) => (Math.abs(edge - wanted) < Math.abs(best - wanted) ? edge : best));
    const { dim } = observationSpace;
    const width = actionSpace.kind === 'discrete' ? actionSpace.n : 0;
    return {
      act(observations, numEnvs, _explore, stepContext) {
        const actions = createActionBatch(actionSpace, numEnvs);
        const masks = stepContext?.actionMasks;
        for (let n = 0; n < numEnvs; n++) {
          const inventory = observations[n * dim + held] / maxHeld;
          const bid = inventory >= 1 ? Number.NaN : nearest(half + skew * inventory);
          const ask = inventory <= -1 ? Number.NaN : nearest(half - skew * inventory);
          const choice = quotes.find((quote) => Object.is(quote.bid, bid) && Object.is(quote.ask, ask));
          if (choice !== undefined && (masks === undefined || masks[n * width + choice.a] === 1)) {
            actions[n] = choice.a;
          }
        }
        return actions;
      },
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
});
