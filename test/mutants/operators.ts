/** Small mistakes that a program can be given: each is one change of one expression or statement of a file. */
import { parseSync } from 'vite';

export interface Mutant {
  /** From the project's root. */
  readonly file: string;
  /** The kind of mistake. */
  readonly operator: string;
  readonly line: number;
  /** The changed lines before, and after. */
  readonly before: string;
  readonly after: string;
  /** The whole file with the mistake in it. */
  readonly source: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A piece of the text, and what stands in its place. */
interface Change {
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const BOUNDARIES: Record<string, string> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const EQUALITIES: Record<string, string> = { '===': '!==', '!==': '===', '==': '!=', '!=': '==' };
const ARITHMETIC: Record<string, string> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*' };
const ASSIGNMENTS: Record<string, string> = { '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=' };
const LOGIC: Record<string, string> = { '&&': '||', '||': '&&' };
const EXTREMES: Record<string, string> = { 'Math.max': 'Math.min', 'Math.min': 'Math.max' };

/** Every mutant of a file, in the order of its text. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0].message}`);
  const changes: Change[] = [];
  visit(program as unknown as Node, source, changes);
  return changes.map((change) => applied(file, source, change));
}

/** @throws where the text to replace does not stand in the file exactly once */
export function handwritten(
  file: string,
  source: string,
  from: string,
  to: string,
  operator: string,
): Mutant {
  const start = source.indexOf(from);
  if (start < 0 || source.indexOf(from, start + 1) >= 0) {
    throw new Error(`"${from}" does not stand exactly once in ${file}: correct the rule of this mutant.`);
  }
  return applied(file, source, { operator, start, end: start + from.length, text: to });
}

function applied(file: string, source: string, { operator, start, end, text }: Change): Mutant {
  const from = source.lastIndexOf('\n', start - 1) + 1;
  const to = source.indexOf('\n', end);
  return {
    file,
    operator,
    line: source.slice(0, start).split('\n').length,
    before: source.slice(from, to).trim(),
    after: (source.slice(from, start) + text + source.slice(end, to)).trim(),
    source: source.slice(0, start) + text + source.slice(end),
  };
}

function visit(node: Node, source: string, changes: Change[]): void {
  // Types are not run; what is thrown, and what a setting is described with, are words.
  if (/^TS(?!AsExpression|NonNull|Satisfies)/.test(node.type) || node.type === 'ThrowStatement') return;
  if (node.type === 'ImportDeclaration') return;
  changes.push(...changesOf(node, source));
  for (const [key, value] of Object.entries(node)) {
    // A loop that runs away from its end is noticed by anybody, and only after minutes.
    if (node.type === 'ForStatement' && key === 'update') continue;
    if (key === 'typeAnnotation' || key === 'returnType' || key === 'typeArguments') continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === 'object' && child !== null && 'type' in child)
        visit(child as Node, source, changes);
    }
  }
}

function changesOf(node: Node, source: string): Change[] {
  const { start, end } = node;
  const text = source.slice(start, end);
  switch (node.type) {
    case 'BinaryExpression': {
      const [left, right] = [node.left as Node, node.right as Node];
      const operator = node.operator as string;
      if (operator === '+' && (isText(left) || isText(right))) return [];
      return [
        ...replaced(
          'boundary of a comparison',
          BOUNDARIES[operator],
          operator,
          left.end,
          right.start,
          source,
        ),
        ...replaced('equality', EQUALITIES[operator], operator, left.end, right.start, source),
        ...replaced('arithmetic', ARITHMETIC[operator], operator, left.end, right.start, source),
      ];
    }
    case 'LogicalExpression': {
      const [left, right] = [node.left as Node, node.right as Node];
      const operator = node.operator as string;
      return replaced('and, or', LOGIC[operator], operator, left.end, right.start, source);
    }
    case 'AssignmentExpression': {
      const [left, right] = [node.left as Node, node.right as Node];
      const operator = node.operator as string;
      return replaced('arithmetic', ASSIGNMENTS[operator], operator, left.end, right.start, source);
    }
    case 'IfStatement':
    case 'ConditionalExpression': {
      const test = node.test as Node;
      const negated = `!(${source.slice(test.start, test.end)})`;
      return [{ operator: 'negated condition', start: test.start, end: test.end, text: negated }];
    }
    case 'ExpressionStatement': {
      const { type, callee } = node.expression as Node;
      const isStatement = ['CallExpression', 'AssignmentExpression', 'UpdateExpression'].includes(type);
      if (!isStatement || (callee as Node | undefined)?.type === 'Super') return [];
      return [{ operator: 'removed statement', start, end, text: ';' }];
    }
    case 'UpdateExpression':
      return [
        {
          operator: 'off by one',
          start,
          end,
          text: text.replace(/\+\+|--/, (sign) => (sign === '++' ? '--' : '++')),
        },
      ];
    case 'Literal':
      if (typeof node.value === 'boolean')
        return [{ operator: 'constant', start, end, text: String(!node.value) }];
      if (typeof node.value === 'number')
        return [{ operator: 'constant', start, end, text: otherNumber(node.value) }];
      return [];
    case 'CallExpression': {
      const callee = node.callee as Node;
      const other = EXTREMES[source.slice(callee.start, callee.end)];
      return other === undefined
        ? []
        : [{ operator: 'extreme', start: callee.start, end: callee.end, text: other }];
    }
    default:
      return [];
  }
}

/** The operator that stands between two places. */
function replaced(
  operator: string,
  to: string | undefined,
  from: string,
  left: number,
  right: number,
  source: string,
): Change[] {
  if (to === undefined) return [];
  const start = source.indexOf(from, left);
  if (start < 0 || start >= right) return [];
  return [{ operator, start, end: start + from.length, text: to }];
}

const isText = ({ type, value }: Node): boolean =>
  type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string');

/** The next whole number, or, where there is none of its own, twice as much. */
function otherNumber(value: number): string {
  return Number.isSafeInteger(value) ? String(value + 1) : String(value * 2);
}
