/** Fetches over HTTP with patience: waits as long as a server asks to, tries again what may pass, and says in one line what will not. */
import { DataError, StorageError } from '../../../core/errors.ts';

/** What is needed of the world; handed in, so that tests need no time and no network. */
export interface HttpWorld {
  readonly fetch: typeof globalThis.fetch;
  /** Resolves after the time, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** UTC epoch */
  now(): number;
}

export interface HttpClientOptions {
  /** How often one request is sent, at most. */
  readonly maxTries?: number;
  /** A server that asks for a longer wait is taken at its word: the download ends, and says when to go on. */
  readonly maxWaitMs?: number;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 120_000;
/** Of a file that is written as it comes; that nothing comes for minutes is noticed by fetch itself. */
const TRANSFER_TIMEOUT_MS = 3_600_000;

/** Statuses that another try does not mend, and what to do about them. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'the request was not understood; check the symbol and the interval',
  401: 'it asks for a login, which public history does not need; check --base-url',
  403: 'access is refused; the source may not be offered where you are',
  451: 'for legal reasons it is not offered where you are; take another source',
};

export class HttpClient {
  readonly #world: HttpWorld;
  readonly #signal: AbortSignal;
  readonly #maxTries: number;
  readonly #maxWaitMs: number;

  constructor(
    world: HttpWorld,
    signal: AbortSignal,
    { maxTries = 6, maxWaitMs = 300_000 }: HttpClientOptions = {},
  ) {
    this.#world = world;
    this.#signal = signal;
    this.#maxTries = maxTries;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * @returns the whole body; undefined where there is no such thing (404)
   * @throws DataError `http-refused` for a status that stays, `http-wait` for a longer wait than is taken, `http-failed`
   *   when every try failed; `download-stopped` when the signal is aborted
   */
  get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Uint8Array | undefined> {
    return this.attempt(url, async () => {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
      const response = await this.#world.fetch(url, { headers, signal });
      if (response.status === 404) {
        await response.body?.cancel();
        return undefined;
      }
      if (response.ok) {
        const bytes = new Uint8Array(await response.arrayBuffer());
        requireWhole(response, bytes.length);
        return bytes;
      }
      await response.body?.cancel();
      throw new HttpStatus(response.status, retryAfterMs(response, this.#world.now()));
    });
  }

  /**
   * As `get`, for what may not fit in memory: the body is handed over block by block.
   * @param take may be called again, with the blocks from the first on, when the transfer broke off
   */
  save<Result>(
    url: string,
    take: (blocks: AsyncIterable<Uint8Array>) => Promise<Result>,
  ): Promise<Result | undefined> {
    return this.attempt(url, async () => {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(TRANSFER_TIMEOUT_MS)]);
      const response = await this.#world.fetch(url, { signal });
      if (response.ok && response.body !== null) return take(wholeBlocks(response));
      await response.body?.cancel();
      if (response.status === 404) return undefined;
      throw new HttpStatus(response.status, retryAfterMs(response, this.#world.now()));
    });
  }

  /**
   * Runs a request until it succeeds; every failure but a `DataError` and a `StorageError` may pass.
   * @param name for messages
   * @throws as `get`
   */
  async attempt<Result>(name: string, request: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      this.requireGoing();
      try {
        return await request();
      } catch (error) {
        this.requireGoing();
        if (error instanceof DataError || error instanceof StorageError) throw error;
        const waitMs = this.#waitAfter(name, error, tries);
        await this.#world.sleep(waitMs, this.#signal);
      }
    }
  }

  /** @throws DataError `download-stopped` */
  requireGoing(): void {
    if (this.#signal.aborted)
      throw new DataError('download-stopped', 'The download was stopped; the same command goes on.');
  }

  #waitAfter(name: string, error: unknown, tries: number): number {
    const status = error instanceof HttpStatus ? error : undefined;
    const refusal = status && REFUSALS[status.status];
    if (status && refusal !== undefined)
      throw new DataError('http-refused', `${name} answers HTTP ${status.status}: ${refusal}.`, {
        cause: error,
      });
    const askedMs = status?.retryAfterMs;
    if (askedMs !== undefined && askedMs > this.#maxWaitMs) {
      throw new DataError(
        'http-wait',
        `${name} answers HTTP ${status?.status} and asks to wait ${Math.ceil(askedMs / 1000)} s; run the same command then, ` +
          'it goes on where it stopped.',
        { cause: error },
      );
    }
    if (tries >= this.#maxTries) {
      throw new DataError(
        'http-failed',
        `${name} failed ${tries} times, at last with ${reasonOf(error)}; run the same command later, it goes on where it stopped.`,
        { cause: error },
      );
    }
    return Math.max(askedMs ?? 0, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * (1 << (tries - 1))));
  }
}

/** An answer that is no success. */
export class HttpStatus extends Error {
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, waitMs?: number) {
    super(`HTTP ${status}`);
    this.status = status;
    this.retryAfterMs = waitMs;
  }
}

/** The body's blocks; an end that comes too early is an error. */
async function* wholeBlocks(response: Response): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const block of response.body as AsyncIterable<Uint8Array>) {
    length += block.length;
    yield block;
  }
  requireWhole(response, length);
}

function requireWhole(response: Response, length: number): void {
  const announced = Number(response.headers.get('content-length') ?? Number.NaN);
  const isPacked = response.headers.has('content-encoding');
  if (!isPacked && announced > length) throw new Error(`${length} of ${announced} bytes`);
}

/** Seconds, or a date. */
function retryAfterMs(response: Response, nowMs: number): number | undefined {
  const text = response.headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** What fetch reports lies in the cause of what it throws. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
  return `${message.split('\n')[0].slice(0, 200)}${inner}`;
}

/**
 * @param what that was expected: `a zip`
 * @throws DataError `unexpected-answer` for a page of HTML, which blocks, portals and mistaken addresses answer with
 */
export function requireNoPage(url: string, bytes: Uint8Array, what: string): void {
  const begin = Buffer.from(bytes.subarray(0, 256))
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  if (!begin.startsWith('<')) return;
  throw new DataError(
    'unexpected-answer',
    `${url} answers with a page of HTML or XML instead of ${what}; check --base-url and the network.`,
  );
}
