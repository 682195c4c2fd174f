/** Declares what a ledger or registry asks of its database, whether a file or a server keeps it. */

export type SqlValue = string | number | null | Uint8Array;

export interface SqlStatement {
  /** The first row; undefined without any. */
  get(...values: readonly SqlValue[]): unknown;
  all(...values: readonly SqlValue[]): unknown[];
  run(...values: readonly SqlValue[]): { readonly lastInsertRowid: number | bigint };
}

/** A database that answers before the call returns. The statements are of SQLite's dialect. */
export interface SqlDatabase {
  readonly inTransaction: boolean;
  prepare(statement: string): SqlStatement;
  exec(statements: string): unknown;
  close(): unknown;
}
