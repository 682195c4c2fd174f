/** Waits, and tries again what failed because a server was away for a while. */
import { systemClock } from '../../live/connection/clock.ts';
import { isPassing } from '../../storage/postgres/errors.ts';

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;

export interface PatienceOptions {
  /** How long the server may be away, ms. */
  readonly patienceMs: number;
  /** Told once when it goes away, and once when it is back. */
  readonly onAway?: (message: string | undefined) => void;
  /** Once aborted, nothing is tried again. */
  readonly signal?: AbortSignal;
}

/**
 * @param operation one that may be done twice: whether it happened is not known where its answer was lost
 * @throws StorageError what the operation throws that does not pass, or did not in time
 */
export async function persist<Result>(
  operation: () => Promise<Result>,
  { patienceMs, onAway, signal }: PatienceOptions,
): Promise<Result> {
  const startMs = systemClock.monotonicMs();
  let isAway = false;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(MAX_DELAY_MS, 2 * delayMs)) {
    try {
      const result = await operation();
      if (isAway) onAway?.(undefined);
      return result;
    } catch (error) {
      const isOver = systemClock.monotonicMs() - startMs + delayMs > patienceMs || signal?.aborted === true;
      if (!isPassing(error) || isOver) throw error;
      if (!isAway) onAway?.((error as Error).message);
      isAway = true;
      await wait(delayMs, signal);
    }
  }
}

/** Resolves after so many ms, or at once when `signal` is aborted. */
export function wait(delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = systemClock.schedule(delayMs, end);
    signal?.addEventListener('abort', end);
  });
}
