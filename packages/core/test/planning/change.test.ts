import { expect, test } from "vitest";
import { parseRecipient } from "../../src/phone/address.ts";
import { explainChange } from "../../src/planning/change.ts";
import { DEFAULTS, poolOf, senderOf } from "./fixtures.ts";

const US = "+14155550101";
const GB = "+447700900104";
const british = ["+447700900191", "+447700900192"].map((to) => ({
  to: parseRecipient(to),
  membership: `m:${US}`,
}));
const american = [{ to: parseRecipient("+14155550199"), membership: `m:${US}` }];

test("a number of their country moves the people whose sender is foreign, and nobody else", () => {
  const effect = explainChange(poolOf(US), DEFAULTS, { add: [senderOf(GB)] }, [...british, ...american]);
  expect(effect).toEqual({
    mappings: 3,
    kept: 1,
    moved: 2,
    stranded: 0,
    moves: [{ from: US, to: GB, count: 2 }],
  });
});

test("a sender ID moves nobody", () => {
  const effect = explainChange(poolOf(US), DEFAULTS, { add: [senderOf("ACME")] }, british);
  expect(effect).toMatchObject({ kept: 2, moved: 0, moves: [] });
});

test("a removal moves its people, evenly, or strands them", () => {
  const many = Array.from({ length: 100 }, (_, n) => ({
    to: parseRecipient(`+1415555${1000 + n}`),
    membership: `m:${US}`,
  }));
  const pool = poolOf(US, "+14155550102", "+14155550103");
  const effect = explainChange(pool, DEFAULTS, { remove: [US] }, many);
  expect(effect.moves.map(({ count }) => count)).toEqual([50, 50]);
  expect(explainChange(poolOf(US), DEFAULTS, { remove: [US] }, american)).toMatchObject({
    stranded: 1,
    moves: [{ from: US, to: null, count: 1 }],
  });
});

test("leaves the pool as it is, and ignores mappings of senders long gone", () => {
  const pool = poolOf(US);
  const gone = [{ to: parseRecipient("+14155550199"), membership: "m:gone" }];
  expect(explainChange(pool, DEFAULTS, { remove: [US] }, gone)).toMatchObject({ mappings: 0, moves: [] });
  expect(pool.size).toBe(1);
});
