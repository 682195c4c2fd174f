/** Prints what a session was, and writes its page: at the end of `live`, and by `evaluate tape:DIR`. */
import { join } from 'node:path';
import { formatSession, renderSession, summarizeSession } from '../../../experiments/live/session-report.ts';
import { readSessionStory } from '../../../experiments/live/session-story.ts';
import type { PluginAccess } from '../../../experiments/plugins/access.ts';
import { writeFileAtomic } from '../../../storage/atomic.ts';
import type { Console } from '../console.ts';

export interface SessionResult {
  readonly verdict: string;
  readonly summary: Readonly<Record<string, string>>;
  /** Path of the page; null where too little was decided to draw. */
  readonly report: string | null;
}

/**
 * @param file of the page; default: report.html in the tape's folder
 * @throws as `readSessionStory`
 */
export async function reportSession(
  tape: string,
  console: Console,
  options: { readonly file?: string; readonly access?: PluginAccess } = {},
): Promise<SessionResult> {
  const story = await readSessionStory(tape, options.access);
  const summary = summarizeSession(story);
  console.say(`\n${formatSession(summary)}`);
  const page = renderSession(story, summary);
  const file = options.file ?? join(tape, 'report.html');
  if (page !== undefined) {
    writeFileAtomic(file, page);
    console.say(`\nReport: ${file}`);
  }
  return {
    verdict: summary.verdict.text,
    summary: Object.fromEntries(summary.rows),
    report: page === undefined ? null : file,
  };
}
