/** Objectives of values, steps and constraints: XGBoost 1.7.4's own trees and losses, typed in, and what constraints promise. */
import { describe, expect, test } from 'vitest';
import { leafQuantile, quantileOf } from '../../../models/trees/losses/leaf-quantiles.ts';
import type { Tree } from '../../../models/trees/tree.ts';
import { type LabelledTable, trainXgboost } from '../../../models/trees/xgboost.ts';
import { resolveXgboostConfig, type XgboostOverrides } from '../../../models/trees/xgboost-config.ts';
import { XgboostModel } from '../../../models/trees/xgboost-model.ts';
import { randomTable, tableOf } from '../tables.ts';

const { table, real, multi, binary, weights } = randomTable(400, 5, 0.1);
const above = real.map((value) => Math.abs(value) + 0.1);
const notBelow = real.map((value) => Math.max(0, value));

/** The loss on the training rows after the last of 12 rounds, and the last tree's first columns and last conditions. */
type Recorded = [loss: number, columns: number[], conditions: number[]];

const goldens: [
  name: string,
  labels: Float32Array,
  config: XgboostOverrides,
  plain: Recorded | undefined,
  weighted: Recorded,
][] = [
  [
    'count:poisson',
    multi,
    { objective: 'count:poisson' },
    [
      0.8720519133657217,
      [2, 1, 2, 0, 4, 0, 1, 0, 0, 0, 0, 1, 4, 1, 0],
      [0.014877988956868649, 0.009907523170113564, 0.030838610604405403],
    ],
    [
      0.875751720759591,
      [2, 1, 2, 0, 4, 3, 1, 0, 0, 0, 0, 1, 0, 3, 0],
      [0.0133359981700778, 0.03306058421730995, -0.009931415319442749],
    ],
  ],
  [
    'reg:gamma',
    above,
    { objective: 'reg:gamma' },
    [
      0.930722169727087,
      [0, 0, 1, 2, 2, 2, 1, 1, 1, 2, 3, 0, 0, 2, 2],
      [0.062002379447221756, 0.07397907227277756, 0.039534375071525574],
    ],
    [
      0.9346014403099563,
      [1, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 4, 2, 2],
      [-0.0696718618273735, 0.0427091047167778, 0.005472616758197546],
    ],
  ],
  [
    'reg:tweedie',
    notBelow,
    { objective: 'reg:tweedie', tweedie_variance_power: 1.3 },
    [
      2.4864914030209184,
      [2, 1, 2, 4, 4, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0],
      [0.014582390896975994, 0.1010139063000679, 0.03220588341355324],
    ],
    [
      2.4525684928621905,
      [2, 3, 2, 1, 0, 2, 1, 0, 0, 3, 0, 2, 0, 0, 0],
      [0.025931859388947487, 0.005654588341712952, 0.026507405564188957],
    ],
  ],
  [
    'reg:pseudohubererror',
    real,
    { objective: 'reg:pseudohubererror', huber_slope: 0.7 },
    [
      0.0861746542744756,
      [1, 0, 1, 0, 4, 4, 3, 0, 3, 1, 2, 1, 1, 1, 2],
      [-0.0005393968895077705, -0.001767766778357327, 0.06552177667617798],
    ],
    [
      0.09072344587090707,
      [2, 0, 1, 2, 1, 0, 0, 1, 2, 0, 2, 1, 4, 2, 0],
      [-0.12669961154460907, 0.0156414695084095, -0.012782996520400047],
    ],
  ],
  [
    'reg:absoluteerror, its leaves medians',
    real,
    { objective: 'reg:absoluteerror', eta: 1, max_depth: 3, num_round: 6 },
    [
      0.5094202536623925,
      [1, 0, 0, 3, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0],
      [0.04144744575023651, -0.34042590856552124, 0.4526115953922272],
    ],
    [
      0.46779272827555946,
      [1, 1, 0, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0],
      [0.25320911407470703, 0.22847789525985718, 0],
    ],
  ],
  [
    'max_delta_step and aucpr',
    binary,
    { objective: 'binary:logistic', max_delta_step: 0.4, alpha: 0.2, eval_metric: 'aucpr' },
    undefined,
    [
      0.9783096087366364,
      [2, 0, 0, 2, 2, 1, 1, 0, 1, 0, 1, 4, 2, 0, 2],
      [0.05345664545893669, 0.12000000476837158, 0],
    ],
  ],
  [
    'monotone_constraints',
    real,
    { monotone_constraints: [1, -1, 1, 0, 1] },
    [
      0.7857194783152374,
      [2, 0, 3, 0, 0, 3, 0, 0, 0, 1, 2, 2, 3, 3, 0],
      [0.0020029523875564337, 0.08081560581922531, 0.18045969307422638],
    ],
    [
      0.7688994848601375,
      [1, 3, 0, 3, 2, 0, 0, 2, 0, 3, 1, 0, 0, 3, 3],
      [-0.01375401671975851, 0.03896345570683479, 0.012604719959199429],
    ],
  ],
  [
    'monotone_constraints with max_delta_step, best split first',
    binary,
    {
      objective: 'binary:logistic',
      monotone_constraints: { f0: 1, f1: -1, f2: 1 },
      max_delta_step: 1,
      grow_policy: 'lossguide',
      max_leaves: 12,
      max_depth: 0,
    },
    [
      0.3174906426947564,
      [3, 4, 4, 0, 2, 0, 0, 0, 0, 4, 0, 0, 0, 1, 1],
      [0.2096041887998581, -0.06705224514007568, 0.23349584639072418],
    ],
    [
      0.3212007851085914,
      [2, 1, 0, 4, 0, 1, 4, 3, 3, 0, 0, 1, 0, 0, 3],
      [-0.10940278321504593, 0.07724454998970032, -0.10940278321504593],
    ],
  ],
  [
    'interaction_constraints',
    real,
    {
      interaction_constraints: [
        [0, 1],
        ['f2', 3, 4],
        ['f1', 'f2'],
      ],
    },
    [
      0.4621893679390629,
      [2, 1, 3, 1, 2, 2, 4, 1, 1, 0, 1, 2, 2, 2, 2],
      [0.013541949912905693, -0.015732042491436005, 0.03822304308414459],
    ],
    [
      0.40652954865000523,
      [2, 1, 2, 1, 2, 2, 0, 1, 1, 2, 1, 1, 1, 1, 0],
      [-0.015164651907980442, -0.05387859046459198, 0.016292082145810127],
    ],
  ],
];

describe('the same trees as XGBoost 1.7.4', () => {
  for (const [name, labels, config, plain, weighted] of goldens) {
    for (const [recorded, isWeighted] of [
      [plain, false],
      [weighted, true],
    ] as const) {
      if (recorded === undefined) continue;
      test(`${name}${isWeighted ? ', weighted' : ''}`, () => {
        const data = { table, labels, ...(isWeighted && { weights }) };
        const model = trainXgboost(
          data,
          { num_round: 12, ...config },
          { evaluationSets: [{ name: 'train', ...data }] },
        );
        const [loss, columns, conditions] = recorded;
        const history = Object.values(model.evaluationHistory.train)[0];
        expect(history[history.length - 1] / loss).toBeCloseTo(1, 6);
        const tree = model.forest.trees[model.forest.trees.length - 1];
        expect([...tree.splitIndex.slice(0, 15)]).toEqual(columns);
        for (const [i, condition] of conditions.entries()) {
          expect(tree.splitCondition[tree.numNodes - 3 + i]).toBeCloseTo(condition, 6);
        }
        expect(XgboostModel.fromJson(model.toJson()).forest).toEqual(model.forest);
      });
    }
  }
});

describe('quantiles', () => {
  test('lie between two values without weights, and are the first to reach the share with them', () => {
    const values = Float32Array.of(4, 1, 3, 2);
    expect(quantileOf(values, undefined, 0.5)).toBe(2.5);
    expect(quantileOf(values, undefined, 0.3)).toBeCloseTo(1.5, 6);
    expect(quantileOf(values, undefined, 0.1)).toBe(1);
    expect(quantileOf(values, undefined, 0.9)).toBe(4);
    expect(quantileOf(values, Float32Array.of(1, 1, 1, 1), 0.5)).toBe(2);
    expect(quantileOf(values, Float32Array.of(5, 1, 1, 1), 0.5)).toBe(4);
    expect(leafQuantile(Int32Array.of(0, 2), values, Float32Array.of(1, 9, 1, 9), undefined, 0.5)).toBe(2.5);
  });

  test('reg:quantileerror covers its share of the rows, starts at the quantile of the labels and shrinks leaves by eta', () => {
    const data = { table, labels: real };
    for (const alpha of [0.1, 0.8]) {
      const config = {
        objective: 'reg:quantileerror',
        quantile_alpha: alpha,
        max_depth: 3,
        num_round: 30,
      } as const;
      const model = trainXgboost(data, config);
      const predicted = new Float32Array(real.length);
      model.predictInto(predicted, table);
      const below =
        real.reduce((sum, label, row) => sum + (label <= predicted[row] ? 1 : 0), 0) / real.length;
      expect(Math.abs(below - alpha)).toBeLessThan(0.05);
      expect(model.forest.baseScores[0]).toBe(quantileOf(real, undefined, Math.fround(alpha)));
      const [whole] = trainXgboost(data, { ...config, eta: 1, num_round: 1 }).forest.trees;
      const [tree] = model.forest.trees;
      const leaf = tree.left.indexOf(-1);
      expect(tree.splitCondition[leaf] / whole.splitCondition[leaf]).toBeCloseTo(0.3, 6);
    }
  });
});

describe('constraints', () => {
  test('a monotone column never lowers a prediction, wherever the others stand', () => {
    const model = trainXgboost(
      { table, labels: real },
      { monotone_constraints: { f0: 1, f1: -1 }, num_round: 30 },
    );
    const steps = 60;
    for (let row = 0; row < 40; row++) {
      for (const [column, way] of [
        [0, 1],
        [1, -1],
      ] as const) {
        const start = Array.from(table.values.subarray(row * 5, row * 5 + 5));
        const line = tableOf(
          Array.from({ length: steps }, (_, i) => start.with(column, -3 + (6 * i) / steps)),
        );
        const predicted = new Float32Array(steps);
        model.predictInto(predicted, line);
        for (let i = 1; i < steps; i++)
          expect(way * (predicted[i] - predicted[i - 1])).toBeGreaterThanOrEqual(-1e-6);
      }
    }
  });

  test('the columns of a path lie in one group', () => {
    const groups = [
      [0, 1],
      [2, 3, 4],
    ];
    const config = { interaction_constraints: groups, num_round: 20, colsample_bynode: 0.8 };
    const { trees } = trainXgboost({ table, labels: real }, config).forest;
    let numChecked = 0;
    const walk = (tree: Tree, node: number, path: number[]): void => {
      if (tree.left[node] < 0) {
        expect(groups.some((group) => path.every((column) => group.includes(column)))).toBe(true);
        numChecked++;
        return;
      }
      for (const child of [tree.left[node], tree.right[node]])
        walk(tree, child, [...path, tree.splitIndex[node]]);
    };
    for (const tree of trees) walk(tree, 0, []);
    expect(numChecked).toBeGreaterThan(200);
  });

  const refused: [config: XgboostOverrides, data: Partial<LabelledTable>, message: RegExp][] = [
    [{ monotone_constraints: { rsi: 1 } }, {}, /names the column "rsi", but there are 5: f0/],
    [{ monotone_constraints: [0, 0, 0, 0, 0, 1] }, {}, /has 6 entries for 5 columns/],
    [{ interaction_constraints: [[0, 5]] }, {}, /names the column 5/],
    [{ objective: 'count:poisson' }, {}, /label of row \d+ is -.*needs 0 or a number above/],
    [{ objective: 'reg:gamma' }, { labels: notBelow }, /is 0; reg:gamma needs a number above 0/],
  ];
  test.each(refused)('%o is refused where it does not fit', (config, changes, message) => {
    expect(() => trainXgboost({ table, labels: real, ...changes }, config)).toThrow(message);
  });

  test.each([
    [{ monotone_constraints: [2] }, /monotone_constraints/],
    [{ quantile_alpha: 1 }, /quantile_alpha/],
    [{ tweedie_variance_power: 2 }, /tweedie_variance_power/],
    [{ huber_slope: 0 }, /huber_slope/],
    [{ max_delta_step: -1 }, /max_delta_step/],
    [{ objective: 'reg:gamma', base_score: 0 }, /needs a number above 0/],
  ] as [XgboostOverrides, RegExp][])('%o is out of range', (config, message) => {
    expect(() => resolveXgboostConfig(config)).toThrow(message);
  });

  test('count:poisson holds steps to 0.7 unless told otherwise', () => {
    expect(resolveXgboostConfig({ objective: 'count:poisson' }).max_delta_step).toBe(0.7);
    expect(resolveXgboostConfig({ objective: 'count:poisson', max_delta_step: 0 }).max_delta_step).toBe(0);
    expect(resolveXgboostConfig({}).max_delta_step).toBe(0);
  });
});
