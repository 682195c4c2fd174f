/** Runs a Python program beside this one and asks it one question at a time, waiting for each answer. */
import { spawnSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { ConfigError, EnvError } from '../../core/errors.ts';
import { PROGRAM } from './program.ts';

/** The environment variable that names a Python; otherwise python3 and python are tried. */
export const PYTHON_VARIABLE = 'MARKET_GYM_PYTHON';

/** Bytes of an answer at most. */
const MAX_ANSWER = 1 << 24;
/** Without an answer for so long the program counts as lost. */
const PATIENCE_MS = 120_000;

const [STATE, LENGTH] = [0, 1];
const [WAITING, ANSWERED, LOST] = [0, 1, 2];

/**
 * A thread that passes requests on to a process and its answers back: this one waits, and could not hear the process.
 * It is a program of its own, of no imports but Node's.
 */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { spawn } = require('node:child_process');
const { control, answers, python, program } = workerData;
const state = new Int32Array(control);
const bytes = new Uint8Array(answers);
const child = spawn(python, ['-u', '-c', program], { stdio: ['pipe', 'pipe', 'pipe'] });
let held = Buffer.alloc(0);
let complaint = '';
function tell(kind, content) {
  const length = Math.min(content.length, bytes.length);
  bytes.set(content.subarray(0, length));
  Atomics.store(state, ${LENGTH}, length);
  Atomics.store(state, ${STATE}, kind);
  Atomics.notify(state, ${STATE});
}
let over;
function lose(reason) {
  over ??= reason;
  tell(${LOST}, Buffer.from(reason.trim().split('\\n').pop() || 'it ended'));
}
child.on('error', (error) => lose(error.message));
child.on('close', (code) => lose(complaint || 'it ended with code ' + code));
child.stderr.on('data', (text) => { complaint = (complaint + text).slice(-2000); });
child.stdin.on('error', () => {});
child.stdout.on('data', (chunk) => {
  held = Buffer.concat([held, chunk]);
  if (held.length < 4) return;
  const length = held.readUInt32LE(0);
  if (length > bytes.length) { child.kill(); return lose('an answer of ' + length + ' bytes'); }
  if (held.length < 4 + length) return;
  const content = held.subarray(4, 4 + length);
  held = held.subarray(4 + length);
  tell(${ANSWERED}, content);
});
parentPort.on('message', (request) => {
  if (over !== undefined) return lose(over);
  if (request === null) { child.stdin.end(); return parentPort.unref(); }
  const size = Buffer.alloc(4);
  size.writeUInt32LE(request.length);
  child.stdin.write(Buffer.concat([size, request]));
});
`;

export class PythonProcess {
  readonly #name: string;
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #answers = new Uint8Array(new SharedArrayBuffer(MAX_ANSWER));
  readonly #worker: Worker;
  #isOver = false;

  /**
   * @param name of the env, for messages
   * @throws ConfigError `python-missing`
   */
  constructor(name: string) {
    this.#name = name;
    this.#worker = new Worker(SOURCE, {
      eval: true,
      execArgv: [],
      workerData: {
        control: this.#state.buffer,
        answers: this.#answers.buffer,
        python: findPython(name),
        program: PROGRAM,
      },
    });
    // Whoever forgets to close an env must not wait for it at the end.
    this.#worker.unref();
  }

  /**
   * @param request its kind, then what belongs to it
   * @returns the answer behind its kind, a view that the next one overwrites
   * @throws EnvError `python-failed` with what went wrong there
   */
  ask(request: Uint8Array, expected: number): Uint8Array {
    if (this.#isOver) throw this.#failure('it has ended');
    Atomics.store(this.#state, STATE, WAITING);
    this.#worker.postMessage(request);
    if (Atomics.wait(this.#state, STATE, WAITING, PATIENCE_MS) === 'timed-out') {
      this.close();
      throw this.#failure(`it has not answered for ${PATIENCE_MS / 1000} s`);
    }
    const answer = this.#answers.subarray(0, Atomics.load(this.#state, LENGTH));
    const text = () => new TextDecoder().decode(answer.slice(1)).replace(/\s+/g, ' ').slice(0, 300);
    if (Atomics.load(this.#state, STATE) === LOST) {
      this.#isOver = true;
      throw this.#failure(new TextDecoder().decode(answer.slice()).slice(0, 300));
    }
    if (answer[0] !== expected) throw this.#failure(text());
    return answer.subarray(1);
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#worker.postMessage(null);
  }

  #failure(reason: string): EnvError {
    return new EnvError(
      'python-failed',
      `Env "${this.#name}" failed in Python: ${reason.replace(/\.$/, '')}.`,
    );
  }
}

let found: string | undefined;

function findPython(name: string): string {
  const named = process.env[PYTHON_VARIABLE];
  if (named) return named;
  found ??= ['python3', 'python'].find(
    (python) => spawnSync(python, ['-c', 'import gymnasium']).status === 0,
  );
  if (found !== undefined) return found;
  throw new ConfigError(
    'python-missing',
    `Env "${name}" needs Python with Gymnasium 1: neither python3 nor python can import it; pip install gymnasium, or name ` +
      `another Python by ${PYTHON_VARIABLE}.`,
  );
}
