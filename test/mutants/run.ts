/**
 * Gives the sources small mistakes, one at a time, and counts those that a test notices. A test that compares with a
 * pinned hash does not count: it notices any change, right or wrong.
 *
 * `npm run test:mutants`: all rules and the drawn mutants. Further arguments: parts of a file's path or of a rule's name
 * to try alone; `--workers N`; `--from N` to go on with the Nth; `--again LOG` to take what an earlier run printed for
 * those that it killed; `--trusting` not to look first for tests that fail anyway; `--list` to print the mutants alone.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EXPLAINED } from './explained.ts';
import { handwritten, type Mutant, mutantsOf } from './operators.ts';
import { TestMap } from './related.ts';
import { RULES } from './rules.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(project, 'node_modules', 'vitest', 'vitest.mjs');
/** Folders, and how many mutants are drawn in each. */
const DRAWN: Readonly<Record<string, number>> = {
  'live/connection': 20,
  'live/session': 20,
  'live/tape': 5,
  'live/venues': 8,
  'live/ops': 6,
  'market/execution': 26,
  envs: 30,
  agents: 32,
  trainers: 22,
};
/** What people look at: markup, styles, scripts of pages. */
const PAGES = /live\/ops\/page|trainers\/report\/(style|script|page|html|document)/;
/** The nearest tests, then, where they notice nothing, more of them. */
const NEAR = 6;
const FAR = 24;
const PATIENCE_MS = 300_000;
const ENDLESS = 'a test that comes to no end';

interface Verdict {
  readonly mutant: Mutant;
  /** The test that noticed, or none. */
  readonly killer: string | undefined;
}

/**
 * Drawn by the hash of their own text: an edit elsewhere in a folder leaves them as they are, and what is explained
 * stays so.
 */
function draw(): Mutant[] {
  const drawn: Mutant[] = [];
  for (const [folder, count] of Object.entries(DRAWN)) {
    const all = readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((file) => file.endsWith('.ts') && !PAGES.test(file))
      .sort()
      .flatMap((file) => mutantsOf(file, readFileSync(join(project, file), 'utf8')));
    const numAlike = new Map<string, number>();
    const ranked = all.map((mutant) => {
      const text = [mutant.file, mutant.operator, mutant.before, mutant.after].join('\n');
      const nth = (numAlike.get(text) ?? 0) + 1;
      numAlike.set(text, nth);
      return { mutant, rank: createHash('sha256').update(`${text}\n${nth}`).digest('hex') };
    });
    ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
    drawn.push(...ranked.slice(0, count).map(({ mutant }) => mutant));
  }
  return drawn;
}

const ruled = (): Mutant[] =>
  RULES.map(({ name, file, from, to }) =>
    handwritten(file, readFileSync(join(project, file), 'utf8'), from, to, name),
  );

interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

/**
 * Runs test files, the first failure ends them unless `bail` is 0.
 * @returns what became of the files; undefined where they came to no end
 */
async function runTests(
  { file, source }: Pick<Mutant, 'file' | 'source'>,
  tests: readonly string[],
  place: string,
  { bail = 1, patienceMs = PATIENCE_MS } = {},
): Promise<FileResult[] | undefined> {
  const text = join(place, 'mutant.ts');
  const report = join(place, 'report.json');
  writeFileSync(text, source);
  rmSync(report, { force: true });
  const env = {
    ...process.env,
    MUTANT_FILE: file,
    MUTANT_TEXT: text,
    MUTANT_TESTS: JSON.stringify(tests),
  };
  const config = join(project, 'test', 'mutants', 'vitest.config.ts');
  const options = ['--config', config, `--bail=${bail}`, '--reporter=json', `--outputFile=${report}`];
  const child = spawn(process.execPath, [vitest, 'run', ...options], {
    cwd: project,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    errors = (errors + piece).slice(-2000);
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    // The whole group: a test that never ends is in a process below.
    process.kill(-(child.pid as number), 'SIGKILL');
  }, patienceMs);
  await new Promise<void>((resolve) => child.once('close', () => resolve()));
  clearTimeout(timer);
  if (isLate) return undefined;
  if (!existsSync(report)) throw new Error(`The tests of ${file} cannot be run: ${errors.trim()}`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: FileResult[] };
  return testResults.map((result) => ({ ...result, name: result.name.slice(project.length) }));
}

/** The test files that fail without any mistake: what they say of a mutant means nothing. */
async function failingAnyway(tests: readonly string[], place: string): Promise<Set<string>> {
  const [file] = tests;
  const source = readFileSync(join(project, file), 'utf8');
  const results = await runTests({ file, source }, tests, place, { bail: 0, patienceMs: 3_600_000 });
  return new Set(results?.filter(({ status }) => status === 'failed').map(({ name }) => name));
}

/** @returns the test that noticed; undefined where none did */
async function judge(mutant: Mutant, tests: readonly string[], place: string): Promise<string | undefined> {
  for (const part of [tests.slice(0, NEAR), tests.slice(NEAR)]) {
    if (part.length === 0) continue;
    const results = await runTests(mutant, part, place);
    if (results === undefined) return ENDLESS;
    for (const { name, status, assertionResults } of results) {
      const failed = assertionResults.find((test) => test.status === 'failed');
      if (failed !== undefined) return `${name}: ${failed.fullName}`;
      if (status === 'failed') return `${name}, which does not load`;
    }
  }
  return undefined;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workers: { type: 'string' },
    from: { type: 'string' },
    again: { type: 'string' },
    trusting: { type: 'boolean' },
    list: { type: 'boolean' },
  },
});
const wanted = ({ file, operator }: Mutant): boolean =>
  positionals.length === 0 || positionals.some((part) => file.includes(part) || operator.includes(part));
const mutants = [...ruled(), ...draw()].filter(wanted).slice(Number(values.from ?? 1) - 1);
const before = values.again === undefined ? new Map<string, string>() : readLog(values.again);
const map = new TestMap(project);
const verdicts: Verdict[] = [];
const survived = (): Verdict[] => verdicts.filter(({ killer }) => killer === undefined);
const show = ({ file, line, operator, before, after }: Mutant): string =>
  `${file}:${line} ${operator}\n  - ${before.replaceAll(/\s+/g, ' ')}\n  + ${after.replaceAll(/\s+/g, ' ')}`;

if (values.list) {
  for (const mutant of mutants) console.log(show(mutant));
} else {
  const control = mkdtempSync(join(tmpdir(), 'market-gym-mutant-'));
  const related = mutants.map(({ file }) => map.nearest(file, FAR));
  const failing = values.trusting
    ? new Set<string>()
    : await failingAnyway([...new Set(related.flat())], control);
  for (const name of failing) console.log(`Fails without a mutant, and is left out: ${name}`);
  rmSync(control, { recursive: true, force: true });
  let next = 0;
  const work = async (): Promise<void> => {
    const place = mkdtempSync(join(tmpdir(), 'market-gym-mutant-'));
    while (next < mutants.length) {
      const index = next++;
      const mutant = mutants[index];
      const tests = related[index].filter((test) => !failing.has(test));
      const known = before.get(withoutLine(show(mutant)));
      if (known !== undefined) {
        verdicts.push({ mutant, killer: known });
        continue;
      }
      const killer = await judge(mutant, tests, place);
      verdicts.push({ mutant, killer });
      const outcome = killer === undefined ? 'SURVIVED' : 'killed';
      console.log(`${verdicts.length}/${mutants.length} ${outcome} ${show(mutant)}`);
      if (killer !== undefined) console.log(`  by ${killer}`);
    }
    rmSync(place, { recursive: true, force: true });
  };
  const workers = Number(values.workers ?? availableParallelism());
  await Promise.all(Array.from({ length: workers }, work));
  const left = survived().filter(({ mutant }) => !isExplained(mutant));
  console.log(
    '\n| folder | rules | drawn | killed | explained | alive |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const folder of [...Object.keys(DRAWN), 'continual']) {
    const own = verdicts.filter(({ mutant }) => mutant.file.startsWith(`${folder}/`));
    if (own.length > 0) console.log(row(folder, own));
  }
  console.log(row('all', verdicts));
  const late = verdicts.filter(({ killer }) => killer === ENDLESS);
  if (late.length > 0) {
    console.log(
      `\nKilled by coming to no end within ${PATIENCE_MS / 1000} s, which a busy machine does too:`,
    );
    for (const { mutant } of late) console.log(show(mutant));
  }
  for (const { mutant } of left) console.log(`Neither killed nor explained: ${show(mutant)}`);
  if (left.length > 0) process.exitCode = 1;
}

/** Lines move when a file is edited. */
function withoutLine(shown: string): string {
  return shown.replace(/:\d+ /, ' ');
}

/** What an earlier run printed: of each mutant that was killed, by what. */
function readLog(path: string): Map<string, string> {
  const killed = /^\d+\/\d+ killed (.*\n {2}- .*\n {2}\+ .*)\n {2}by (.*)$/gm;
  return new Map(
    Array.from(readFileSync(path, 'utf8').matchAll(killed), ([, shown, by]) => [withoutLine(shown), by]),
  );
}

function row(name: string, own: readonly Verdict[]): string {
  const numRules = own.filter(({ mutant }) => RULES.some((rule) => rule.name === mutant.operator)).length;
  const alive = own.filter(({ killer }) => killer === undefined);
  const numLeft = alive.filter(({ mutant }) => !isExplained(mutant)).length;
  const numKilled = own.length - alive.length;
  const cells = [name, numRules, own.length - numRules, numKilled, alive.length - numLeft, numLeft];
  return `| ${cells.join(' | ')} |`;
}

function isExplained({ file, before, after }: Mutant): boolean {
  return EXPLAINED.some(
    (entry) => entry.file === file && before.includes(entry.before) && after.includes(entry.after),
  );
}
