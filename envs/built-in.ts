/** Lists the environments that come with the framework. */
import { arbitrage } from './arbitrage.ts';
import { tradingBooks } from './book-trading.ts';
import { cartpole } from './cartpole.ts';
import { comboEnvs } from './combo-arbitrage.ts';
import type { EnvPlugin } from './env.ts';
import { mountainCarContinuous } from './mountain-car-continuous.ts';
import { pairs } from './pairs.ts';
import { pendulum } from './pendulum.ts';
import { portfolio } from './portfolio.ts';
import { shares } from './shares.ts';
import { trading } from './trading.ts';

export const builtInEnvs: readonly EnvPlugin[] = [
  trading,
  tradingBooks,
  portfolio,
  shares,
  pairs,
  arbitrage,
  ...comboEnvs,
  cartpole,
  pendulum,
  mountainCarContinuous,
];
