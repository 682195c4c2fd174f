/** The agents that come with the framework. */
import type { AgentPlugin } from './agent.ts';
import { buyAndHold } from './buy-and-hold.ts';
import { ppo } from './ppo.ts';
import { random } from './random.ts';
import { smaCross } from './sma-cross.ts';

export const builtInAgents: readonly AgentPlugin[] = [ppo, random, buyAndHold, smaCross];
