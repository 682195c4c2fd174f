/** `market-gym record`: writes the messages of venues on a tape, without trading. */
import { completeSession } from '../../experiments/live/file.ts';
import type { PolicySource } from '../../experiments/live/policy.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import type { Io } from '../terminal/io.ts';
import { sessionOptions } from '../terminal/live-options.ts';
import { openLiveFile, openSessionCode, runLiveSession } from '../terminal/live-session.ts';

export const options = sessionOptions;

type Arguments = Partial<ArgumentsOf<typeof options>> & { readonly json: boolean };

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const file = await openLiveFile(args);
  const silent: PolicySource = {
    model: 'none',
    createdMs: Number.NaN,
    mode: undefined,
    env: {},
    policyFor: () => ({ model: 'none', createdMs: Number.NaN, act: () => 0 }),
  };
  const session = { ...file.session, mode: 'record' };
  const config = completeSession(session, silent, { env: {}, risk: {} });
  const code = await openSessionCode(args, file);
  return runLiveSession({ args, file, policy: silent, config, code, io });
}
