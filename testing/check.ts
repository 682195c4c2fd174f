/** A contract as a list of checks: one call runs them all, or a test runner takes each as a test. */
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../core/errors.ts';

/** One rule of a contract. */
export interface Check {
  /** A sentence about behaviour. */
  readonly name: string;
  /** Throws when the rule is broken. */
  run(): void;
}

/**
 * Runs every check and throws one error with all that is broken.
 * @throws ConfigError `broken-contract`
 */
export function runChecks(subject: string, checks: readonly Check[]): void {
  const broken = new Map<string, string[]>();
  for (const { name, run } of checks) {
    try {
      run();
    } catch (error) {
      const message = firstLine(error);
      broken.set(message, [...(broken.get(message) ?? []), name]);
    }
  }
  // What keeps every rule from being tried is said once.
  const rules = (names: readonly string[]) => (names.length > 2 ? `${names.length} rules` : names.join(', '));
  throwProblems(
    subject,
    [...broken].map(([message, names]) => `${rules(names)}: ${message}`),
  );
}

/** @throws ConfigError `broken-contract` where there are any */
export function throwProblems(subject: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new ConfigError('broken-contract', `The ${subject} breaks its contract: ${problems.join('; ')}.`);
}

/** @throws Error with the message unless it holds */
export function requireThat(holds: boolean, message: string | (() => string)): void {
  if (!holds) throw new Error(typeof message === 'string' ? message : message());
}

/** Equal in type, structure and every bit of every number. @throws Error naming the first place where they part */
export function requireSame(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  if (ArrayBuffer.isView(actual) && ArrayBuffer.isView(expected)) {
    const [a, b] = [actual, expected] as unknown as readonly ArrayLike<number>[];
    if (a.length !== b.length) throw new Error(`${what} has ${a.length} elements, then ${b.length}`);
    for (let i = 0; i < a.length; i++) {
      if (!Object.is(a[i], b[i])) throw new Error(`${what}[${i}] is ${a[i]}, then ${b[i]}`);
    }
  }
  throw new Error(`${what} is not the same`);
}

/** @returns the message of what it throws. @throws Error when it throws nothing */
export function requireThrows(call: () => unknown, what: string): string {
  try {
    call();
  } catch (error) {
    return firstLine(error);
  }
  throw new Error(`${what} throws nothing`);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0].replace(/\.$/, '');
}
