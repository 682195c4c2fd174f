/** Declares a table of named columns, whoever makes it or writes it. */

/** One column. In one of numbers NaN is a value that is missing; in one of texts undefined. */
export interface TableColumn {
  readonly name: string;
  readonly values: ArrayLike<number> | readonly (string | undefined)[] | readonly boolean[];
}

/** Columns of one length. */
export type Table = readonly TableColumn[];
