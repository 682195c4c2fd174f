/** What a training tells while it runs. */

export type TrainingEvent =
  /** `step` is above 0 where a run is continued. */
  | { readonly kind: 'started'; readonly step: number; readonly totalSteps: number }
  /** After each update: env steps so far, the mean return of the last episodes, the best evaluation; absent before there is one. */
  | {
      readonly kind: 'progress';
      readonly step: number;
      readonly meanReturn?: number;
      readonly bestReturn?: number;
    }
  | {
      readonly kind: 'evaluation';
      readonly step: number;
      readonly meanReturn: number;
      /** Standard deviation over the episodes. */
      readonly deviation: number;
      readonly isBest: boolean;
    }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly name: string; readonly path: string }
  /** Also where it ends by an error; not finished: it was interrupted, or failed. */
  | { readonly kind: 'ended'; readonly step: number; readonly isFinished: boolean };
