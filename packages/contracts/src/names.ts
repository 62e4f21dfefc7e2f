/** Comparing letter by letter is dear: of more names of a like length the first are compared. */
const MOST_COMPARED = 2000;

/** Names of `known` that a person may have meant by `wanted`, nearest first, at most `most`. */
export function closeMatches(wanted: string, known: Iterable<string>, most = 5): string[] {
  const target = wanted.toLowerCase();
  const limit = Math.max(2, target.length / 3);
  const scored: { name: string; score: number }[] = [];
  let compared = 0;
  for (const name of known) {
    const other = name.toLowerCase();
    // Exporters wrap names in paths and suffixes, so containing it counts as near.
    const contains = other.includes(target) || (other.length > 2 && target.includes(other));
    if (contains) scored.push({ name, score: 0.5 });
    else if (Math.abs(target.length - other.length) <= limit && compared++ < MOST_COMPARED) {
      const score = editDistance(target.slice(0, 64), other.slice(0, 64));
      if (score <= limit) scored.push({ name, score });
    }
  }
  return scored
    .sort((a, b) => a.score - b.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map((s) => s.name);
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

const LISTED = 12;

/** `"a", "b" and 3 more` */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map((name) => `"${name}"`);
  return names.length > LISTED ? `${shown.join(', ')} and ${names.length - LISTED} more` : shown.join(', ');
}
