/** The one factor between a test's short form and its full counts: the soak run sets it. */

export const isSoak = process.env.SOAK === '1';

/**
 * Picks how much of something a heavy test does. Files that ask are those of `npm run test:soak`.
 * @param smoke in every run of the file: enough to see the test bite
 * @param full in the soak run: what the documents state
 */
export function counts(smoke: number, full: number): number {
  return isSoak ? full : smoke;
}
