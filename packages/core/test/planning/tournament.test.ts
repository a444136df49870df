import fc from "fast-check";
import { expect, test } from "vitest";
import { createTournament } from "../../src/planning/tournament.ts";

const operation = fc.oneof(
  fc.record({ kind: fc.constant("push" as const), key: fc.nat(3), at: fc.constant(0) }),
  fc.record({ kind: fc.constant("set" as const), key: fc.nat(3), at: fc.nat(60) }),
  fc.record({ kind: fc.constant("pop" as const), key: fc.constant(0), at: fc.constant(0) }),
);

test("finds the least number, its ties and each of them, as a plain array does", () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 120 }),
      fc.uniqueArray(fc.nat(60), { maxLength: 4 }),
      (operations, skipAny) => {
        const tournament = createTournament();
        const model: number[] = [];
        for (const { kind, key, at } of operations) {
          if (kind === "push") {
            tournament.push(key);
            model.push(key);
          } else if (kind === "pop" && model.length > 0) {
            tournament.pop();
            model.pop();
          } else if (kind === "set" && model.length > 0) {
            tournament.set(at % model.length, key);
            model[at % model.length] = key;
          }
        }
        const skip = skipAny.filter((slot) => slot < model.length);
        const open = model.map((key, slot) => ({ key, slot })).filter(({ slot }) => !skip.includes(slot));
        const least = Math.min(...open.map(({ key }) => key));
        const slots = open.filter(({ key }) => key === least).map(({ slot }) => slot);
        expect(tournament.length).toBe(model.length);
        expect(tournament.least(skip)).toBe(least);
        expect(tournament.ties(least, skip)).toBe(slots.length);
        expect(slots.map((_, n) => tournament.nth(least, n, skip))).toEqual(slots);
      },
    ),
    { numRuns: 2000 },
  );
});
