/** Prints what a session was, and writes its page: at the end of `live`, and by `evaluate tape:DIR`. */
import { join } from 'node:path';
import { ConfigError } from '../../../core/errors.ts';
import {
  formatSession,
  renderSession,
  type SessionSummary,
  summarizeSession,
} from '../../../experiments/live/session-report.ts';
import { readSessionStory } from '../../../experiments/live/session-story.ts';
import type { PluginAccess } from '../../../experiments/plugins/access.ts';
import type { RecordFiles } from '../../../experiments/records/files.ts';
import { writeFileAtomic } from '../../../storage/atomic.ts';
import type { Console } from '../console.ts';
import { sayRecords } from '../records/options.ts';

export interface SessionResult {
  readonly verdict: string;
  readonly summary: Readonly<Record<string, string>>;
  /** Path of the page; null where too little was decided to draw. */
  readonly report: string | null;
}

/**
 * @param options `file` of the page; default: report.html in the tape's folder; `records`: files for what was traded
 * @throws ConfigError `no-decisions` where files are wanted of too few decisions; as `readSessionStory`
 */
export async function reportSession(
  tape: string,
  console: Console,
  options: { readonly file?: string; readonly access?: PluginAccess; readonly records?: RecordFiles } = {},
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
  saySessionRecords(tape, summary, options.records ?? {}, console);
  return {
    verdict: summary.verdict.text,
    summary: Object.fromEntries(summary.rows),
    report: page === undefined ? null : file,
  };
}

function saySessionRecords(
  tape: string,
  { account, holding }: SessionSummary,
  files: RecordFiles,
  console: Console,
): void {
  if ((files.trades ?? files.fills ?? files.curves) === undefined) return;
  if (account === undefined || holding === undefined) {
    throw new ConfigError(
      'no-decisions',
      `"${tape}" holds fewer than two decisions with a price: there is nothing to write.`,
    );
  }
  const accounts = [
    { span: 'session', trader: 'session', backtest: account },
    { span: 'session', trader: 'buy-and-hold', backtest: holding },
  ];
  sayRecords(files, accounts, console);
}
