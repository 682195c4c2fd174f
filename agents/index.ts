/** The agents that come with the framework. */

import { a2c } from './a2c.ts';
import type { AgentPlugin } from './agent.ts';
import { buyAndHold } from './buy-and-hold.ts';
import { ddpg } from './ddpg.ts';
import { dqn } from './dqn.ts';
import { edgeThreshold } from './edge-threshold.ts';
import { edgeTrailing } from './edge-trailing.ts';
import { ppo } from './ppo.ts';
import { random } from './random.ts';
import { sac } from './sac.ts';
import { signal } from './signal.ts';
import { smaCross } from './sma-cross.ts';
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
  signal,
];
