/** The known name that takes the fewest edits (Levenshtein) to reach from `name`, or has it as a part; for error messages. */
export function nearest(name: string, known: readonly string[]): string {
  let best = known[0] ?? "";
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const [from, to] = [name.toLowerCase(), candidate.toLowerCase()];
    // "phone" is the beginning of "phoneNumber", though "webhook" takes fewer edits.
    const part = from.length > 2 && to.includes(from) ? 2 : Number.POSITIVE_INFINITY;
    const edits = Math.min(part, distance(from, to));
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
