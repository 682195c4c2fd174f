/** Test functions of search, all to be maximised: the same in Python beside them. */
import type { SpaceInput } from '../../../experiments/search/space.ts';

export interface TestFunction {
  readonly name: string;
  readonly space: SpaceInput;
  readonly numTrials: number;
  value(point: Readonly<Record<string, unknown>>): number;
}

const HARTMANN_ALPHA = [1, 1.2, 3, 3.2];
const HARTMANN_A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const HARTMANN_P = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

export const FUNCTIONS: readonly TestFunction[] = [
  {
    name: 'branin',
    space: { x: { uniform: [-5, 10] }, y: { uniform: [0, 15] } },
    numTrials: 60,
    value: (point) => {
      const [x, y] = [Number(point.x), Number(point.y)];
      const square = y - (5.1 / (4 * Math.PI * Math.PI)) * x * x + (5 / Math.PI) * x - 6;
      return -(square * square + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10);
    },
  },
  {
    name: 'hartmann6',
    space: Object.fromEntries(NAMES.map((name) => [name, { uniform: [0, 1] as [number, number] }])),
    numTrials: 100,
    value: (point) => {
      let sum = 0;
      for (let i = 0; i < 4; i++) {
        let inner = 0;
        NAMES.forEach((name, j) => {
          const distance = Number(point[name]) - HARTMANN_P[i][j] / 1e4;
          inner += HARTMANN_A[i][j] * distance * distance;
        });
        sum += HARTMANN_ALPHA[i] * Math.exp(-inner);
      }
      return sum;
    },
  },
  {
    name: 'conditional',
    space: {
      kind: { choice: ['linear', 'tree', 'net'] },
      rate: { logUniform: [1e-5, 1], when: { kind: ['linear', 'net'] } },
      depth: { int: [1, 12], when: { kind: ['tree'] } },
      units: { int: [4, 512], log: true, when: { kind: ['net'] } },
    },
    numTrials: 60,
    value: ({ kind, rate, depth, units }) => {
      const miss = (value: number, best: number): number => (value - best) * (value - best);
      if (kind === 'linear') return 0.6 - 0.05 * miss(Math.log10(Number(rate)), -2);
      if (kind === 'tree') return 0.8 - 0.01 * miss(Number(depth), 6);
      return 1 - 0.1 * miss(Math.log10(Number(rate)), -3.5) - 0.05 * miss(Math.log2(Number(units)), 7);
    },
  },
];
