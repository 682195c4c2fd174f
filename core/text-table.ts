/** Tables as plain text, for terminals and reports. */

/** The first column left, the others right: for numbers under headings. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  return layOut(rows, (cell, width, column) => (column === 0 ? cell.padEnd(width) : cell.padStart(width)));
}

/** Every column left: for names and words. */
export function formatColumns(rows: readonly (readonly string[])[]): string {
  return layOut(rows, (cell, width) => cell.padEnd(width));
}

function layOut(
  rows: readonly (readonly string[])[],
  pad: (cell: string, width: number, column: number) => string,
): string {
  if (rows.length === 0) return '';
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => pad(cell, widths[i], i))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
