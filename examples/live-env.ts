/**
 * A live session as an env: PPO learns on recorded books, then trades on paper on what a venue sends, and after it a loop of
 * your own does. The venue is a tape that is played on this machine, two hundred times as fast as it happened; for a real
 * one, leave out `url` and the scaled clock. Takes some 15 seconds.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import * as gym from 'market-gym';

const SPEED = 200;
mkdirSync('runs', { recursive: true });
const folder = mkdtempSync('runs/live-env-');

// Two synthetic venues, of which one is recorded: as books to learn on, and as a tape of its messages.
const market = new gym.SyntheticVenues({
  events: 12_000,
  venues: ['A', 'B'].map((name) => ({ name, intervalMs: 1000 })),
});
const books = gym.selectVenues(market.generate(gym.createRng(1)), ['A']);
const writer = new gym.TapeWriter(`${folder}/market`);
for (const record of gym.standInTape(books)) writer.append(record);
await writer.close();

// What an agent sees, in training and live: window rows of features, and its own account.
const settings = {
  barMs: 10_000,
  features: ['return:1', 'volatility:5'],
  normalizationBars: 30,
  window: 4,
};
const envs = gym.createVectorEnv(
  Array.from({ length: 4 }, (_, seed) => {
    return new gym.BookTradingEnv({ books, seed, config: { ...settings, episodeBars: 60 } });
  }),
);
const { observationSpace, actionSpace, numEnvs } = envs;
const totalSteps = 4096;
const rng = gym.createRng(1);
const agent = gym.ppo.build({ observationSpace, actionSpace, numEnvs, rng, totalSteps }, { hidden: [32] });
gym.train({ envs, agent, totalSteps, seed: 1 });

const clock = gym.createScaledClock(gym.systemClock, SPEED);
const server = await gym.serveTape({ open: () => gym.readTape(`${folder}/market`), clock });
const env = new gym.LiveEnv({
  config: gym.resolveLiveConfig({
    markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { url: server.endpoints[0].url } }],
    channels: ['book'],
    env: settings,
  }),
  venues: gym.builtInVenues,
  clock,
  transport: gym.wsTransport,
  tape: `${folder}/session`,
});
const describe = (who: string, steps: number) => {
  const { equity, exposure, numFills } = env.run.market.account;
  console.log(
    `${who}: ${steps} steps, equity ${equity.toFixed(2)}, exposure ${exposure.toFixed(2)}, ${numFills} fills`,
  );
};

// A trained agent: it acts greedily, and would learn on with `learns: true`.
describe('ppo', await gym.runLive(agent, env, { onStep: (_step, numSteps) => numSteps < 20 }));

// A loop of your own: the contract of any env, but for promises. All in while the last bar rose, else out.
let { observation } = await env.reset();
const levels = (env.actionSpace as gym.Discrete).values ?? [];
const [out, allIn] = [levels.indexOf(0), levels.indexOf(1)];
const lastReturn = env.observationSpace.names?.indexOf('return:1@0') ?? -1;
let numSteps = 0;
for (let isOver = false; !isOver && numSteps < 20; numSteps++) {
  const step = await env.step(observation[lastReturn] > 0 ? allIn : out);
  observation = step.observation;
  isOver = step.terminated || step.truncated;
}
describe('own loop', numSteps);

await env.close();
await server.close();
console.log(`Every message, decision and fill is on ${folder}/session: market-gym replay repeats it.`);
