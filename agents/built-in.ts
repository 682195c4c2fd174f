/** Lists the agents that come with the framework. */

import { a2c } from './a2c.ts';
import type { AgentPlugin } from './agent.ts';
import { ddpg } from './ddpg.ts';
import { dqn } from './dqn.ts';
import { ppo } from './ppo.ts';
import { buyAndHold } from './rules/buy-and-hold.ts';
import { comboHysteresis } from './rules/combo-hysteresis.ts';
import { edgeThreshold } from './rules/edge-threshold.ts';
import { edgeTrailing } from './rules/edge-trailing.ts';
import { hedgedMaker } from './rules/hedged-maker.ts';
import { pairsReversion } from './rules/pairs-reversion.ts';
import { random } from './rules/random.ts';
import { signal } from './rules/signal.ts';
import { smaCross } from './rules/sma-cross.ts';
import { sac } from './sac.ts';
import { td3 } from './td3.ts';

export const builtInAgents: readonly AgentPlugin[] = [
  ppo,
  a2c,
  dqn,
  ddpg,
  td3,
  sac,
  random,
  buyAndHold,
  smaCross,
  edgeThreshold,
  edgeTrailing,
  comboHysteresis,
  hedgedMaker,
  pairsReversion,
  signal,
];
