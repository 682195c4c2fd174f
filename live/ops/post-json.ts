/** Sends JSON to an address by POST, and says what came of it. */

export interface PostAnswer {
  /** HTTP status; 0 where there was no answer, and `detail` says why. */
  readonly status: number;
  readonly detail: string;
  /** From the Retry-After header; 0 without one. */
  readonly retryAfterMs: number;
}

export type PostJson = (url: string, body: string, signal: AbortSignal) => Promise<PostAnswer>;

/** Follows no redirection, and reads no answer. Never rejects. */
export const postJson: PostJson = async (url, body, signal) => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    const after = response.headers.get('retry-after') ?? '';
    const retryAfterMs = /^\d{1,6}$/.test(after) ? 1000 * Number(after) : 0;
    return { status: response.status, detail: response.statusText, retryAfterMs };
  } catch (error) {
    const { cause, message } = error as Error;
    return { status: 0, detail: cause instanceof Error ? cause.message : message, retryAfterMs: 0 };
  }
};
