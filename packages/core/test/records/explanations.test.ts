import { describe, expect, it } from "vitest";
import { explanationOf, sharedTextOf } from "../../src/records/explanations.ts";
import { planOn, poolOf } from "../planning/fixtures.ts";

const pool = poolOf("+14155550100", "+12125550100", "+447700900100");
const planFor = (to: string, sender?: string) =>
  planOn(pool, { to, facts: { sticky: sender === undefined ? undefined : `m:${sender}` } });

describe("what a record keeps of its plan", () => {
  it("is one object for plans that went the same way to the same sender", () => {
    const [one, another] = [explanationOf(planFor("+12125550101")), explanationOf(planFor("+12125550199"))];
    expect(one).toBe(another);
    expect(one.sender).toBe("+12125550100");
  });

  it("is another for another way, another sender or another rule", () => {
    const all = [
      planFor("+12125550101"),
      planFor("+14155550101"),
      planFor("+447700900101"),
      planFor("+12125550101", "+14155550100"),
      planFor("+12125550101", "+12125550100"),
    ].map(explanationOf);
    expect(new Set(all).size).toBe(all.length);
  });

  it("says what the plan said, without its samples", () => {
    const made = planFor("+12125550101");
    expect(made.steps.some(({ rejected }) => rejected !== undefined)).toBe(true);
    const explanation = explanationOf(made);
    expect(explanation).toEqual({
      sender: made.decision?.sender.id,
      rule: made.decision?.rule,
      steps: made.steps.map(({ rule, reason, before, after }) => ({ rule, reason, before, after })),
      alerts: [],
    });
    expect(explanation.steps.every((step) => !("rejected" in step))).toBe(true);
    expect(JSON.parse(sharedTextOf(explanation) ?? "")).toEqual(explanation);
  });

  it("cannot be changed by who reads it", () => {
    const { steps } = explanationOf(planFor("+12125550101"));
    expect(Object.isFrozen(steps) && steps.every(Object.isFrozen)).toBe(true);
  });
});
