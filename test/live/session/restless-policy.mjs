/** A policy that never rests, and sessions that give it much to do: shared by a test and the processes that it kills. */

/** Follows the bits of what it sees, as far as the mask allows. */
export function restlessPolicy({ actionSpace }) {
  return {
    model: 'restless',
    createdMs: Number.NaN,
    act(observation, _isStart, mask) {
      const bits = new Uint32Array(observation.buffer, observation.byteOffset, observation.length);
      let hash = 0;
      for (const word of bits) hash = (Math.imul(hash, 31) + (word >>> 7)) >>> 0;
      const choice = hash % actionSpace.n;
      return mask !== undefined && mask[choice] === 0 ? 0 : choice;
    },
  };
}

/** @param mode trading or arbitrage @param url where the venues are, `ws://HOST:PORT` */
export function sessionSettings(mode, url, leftOver = 'keep') {
  const names = mode === 'trading' ? ['bybit'] : ['bybit', 'okx'];
  // Killed sessions lose their connections more often than a venue would be trusted with, and what they are sent is old: the
  // exchange times of the books begin anew each time all have been sent.
  const care = { resyncBudget: 1e9, staleAfterMs: 1e9 };
  const env =
    mode === 'trading'
      ? {
          barMs: 200,
          features: ['return:1'],
          normalizationBars: 5,
          window: 2,
          latencyMs: 150,
          latencySigma: 0.5,
        }
      : { warmupEvents: 20, latencyMs: [600], latencySigma: 1, takerFeeRates: [0.0001] };
  return {
    mode,
    markets: names.map((venue) => ({
      venue,
      symbol: 'BTC/USDT',
      settings: { url: `${url}/${venue}`, ...care },
    })),
    channels: ['book'],
    depth: 3,
    env,
    risk: { maxOrdersPerMinute: 1_000_000, maxDrawdown: 1, maxLoopLagMs: 1e9 },
    seed: 3,
    leftOver,
  };
}
