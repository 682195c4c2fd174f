/** Finds what a misspelt name probably meant. */

/**
 * The candidate with the smallest Levenshtein distance to `name`, or undefined when none is close
 * (more than a third of the name's letters, and at least two, would have to change).
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = levenshtein(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` Did you mean "x"?` when a candidate is near, otherwise the list of what is there. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const names = [...candidates];
  const match = nearest(name, names);
  if (match !== undefined) return ` Did you mean "${match}"?`;
  return names.length > 0 ? ` Known: ${names.join(', ')}.` : '';
}

function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, previous[j] + 1, row[j - 1] + 1));
    }
    previous = row;
  }
  return previous[b.length];
}
