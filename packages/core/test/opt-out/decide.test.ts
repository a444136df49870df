import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideKeyword, type KeywordSituation } from "../../src/opt-out/decide.ts";
import { type OptOutOptions, resolveOptOut } from "../../src/opt-out/keywords.ts";
import { type KeywordMatch, matchKeyword } from "../../src/opt-out/match.ts";

function keyword(word: string, country?: string): KeywordMatch {
  const match = matchKeyword(word, { country });
  if (match === undefined) throw new Error(`${word} is no keyword`);
  return match;
}

function decide(match: KeywordMatch, situation: Partial<KeywordSituation> = {}, options: OptOutOptions = {}) {
  const usual = {
    optedOut: false,
    repeated: false,
    providerAnswered: false,
    tollFreeNetwork: false,
    repliesInLastHour: 0,
    ageMs: 1000,
  };
  return decideKeyword({ ...usual, ...situation, match }, resolveOptOut(options));
}

const OUT = { optedOut: true };
const STOP = keyword("STOP");
const START = keyword("START");
const YES = keyword("YES");
const HELP = keyword("HELP");

describe("STOP", () => {
  it("opts out and confirms", () => {
    expect(decide(STOP)).toEqual({
      handled: true,
      consent: "opt-out",
      reply: STOP.reply,
      reasons: ["opted-out"],
    });
  });

  it("is confirmed once per revocation", () => {
    expect(decide(STOP, { ...OUT, repeated: true })).toMatchObject({ consent: "opt-out", reply: undefined });
    expect(decide(STOP, { ...OUT, repeated: true }, { onRepeatedStop: "confirm" }).reply).toBe(STOP.reply);
  });

  it("is confirmed when the opt-out binds already but was never recorded", () => {
    expect(decide(STOP, OUT).reply).toBe(STOP.reply);
  });

  it("is answered every time in Canada", () => {
    const decision = decide(keyword("ARRET", "CA"), { ...OUT, repeated: true });
    expect(decision.reply).toContain("Désabonnement");
    expect(decision.reasons).toContain("answer-required");
  });

  it("is recorded in silence when the provider has answered", () => {
    expect(decide(STOP, { providerAnswered: true })).toMatchObject({
      handled: true,
      consent: "opt-out",
      reply: undefined,
      reasons: ["opted-out", "provider-answered"],
    });
  });

  it("is answered by the network on a toll-free number, other opt-out words by us", () => {
    expect(decide(STOP, { tollFreeNetwork: true })).toMatchObject({ consent: "opt-out", reply: undefined });
    expect(decide(keyword("UNSUBSCRIBE"), { tollFreeNetwork: true }).reply).toBeDefined();
  });

  it("is not confirmed later than five minutes, and says so", () => {
    expect(decide(STOP, { ageMs: 300_000 }).reply).toBe(STOP.reply);
    const late = decide(STOP, { ageMs: 360_001 });
    expect(late).toMatchObject({
      consent: "opt-out",
      reply: undefined,
      reasons: ["opted-out", "confirmation-too-late"],
    });
    expect(late.alert).toContain("6 minutes");
  });

  it("is recorded beyond the reply limit, unanswered", () => {
    expect(decide(STOP, { repliesInLastHour: 5 })).toMatchObject({ consent: "opt-out", reply: undefined });
    expect(decide(STOP, { repliesInLastHour: 4 }).reply).toBeDefined();
    expect(decide(STOP, {}, { repliesPerHour: 0 }).reply).toBeUndefined();
  });
});

describe("START", () => {
  it("opts in and confirms someone opted out", () => {
    expect(decide(START, OUT)).toEqual({
      handled: true,
      consent: "opt-in",
      reply: START.reply,
      reasons: ["opted-in"],
    });
  });

  it("confirms, is silent or passes for someone not opted out, by policy", () => {
    expect(decide(START)).toMatchObject({ handled: true, consent: "opt-in", reply: START.reply });
    expect(decide(START, {}, { startWhenNotOptedOut: "silent" })).toMatchObject({
      consent: "opt-in",
      reply: undefined,
    });
    expect(decide(START, {}, { startWhenNotOptedOut: "pass" })).toMatchObject({
      handled: false,
      consent: "none",
    });
  });

  it("lifts the block of a toll-free network, which answers it", () => {
    for (const match of [START, keyword("UNSTOP")])
      expect(decide(match, { ...OUT, tollFreeNetwork: true })).toMatchObject({
        consent: "opt-in",
        reply: undefined,
        reasons: ["opted-in", "toll-free-network-answers"],
      });
    expect(decide(START, { tollFreeNetwork: true }).reply).toBe(START.reply);
  });
});

describe("YES", () => {
  it("opts in only someone who is opted out", () => {
    expect(decide(YES, OUT)).toMatchObject({ handled: true, consent: "opt-in" });
    expect(decide(YES)).toEqual({
      handled: false,
      consent: "none",
      reply: undefined,
      reasons: ["not-opted-out"],
    });
  });

  it("does not lift the block of a toll-free network", () => {
    expect(decide(YES, { ...OUT, tollFreeNetwork: true })).toMatchObject({
      handled: false,
      consent: "none",
      reasons: ["toll-free-network-blocks"],
    });
  });
});

describe("HELP", () => {
  it("is answered and changes no consent", () => {
    expect(decide(HELP)).toEqual({ handled: true, consent: "none", reply: HELP.reply, reasons: ["help"] });
  });

  it("from someone opted out is answered by policy, and always in Canada", () => {
    expect(decide(HELP, OUT)).toMatchObject({ handled: true, reply: undefined });
    expect(decide(HELP, OUT, { helpWhenOptedOut: true }).reply).toBe(HELP.reply);
    expect(decide(keyword("AIDE", "CA"), OUT).reply).toBeDefined();
  });

  it("from someone whom a toll-free network blocks goes unanswered", () => {
    const decision = decide(HELP, { ...OUT, tollFreeNetwork: true }, { helpWhenOptedOut: true });
    expect(decision.reply).toBeUndefined();
  });
});

const situations = fc.record({
  optedOut: fc.boolean(),
  repeated: fc.boolean(),
  providerAnswered: fc.boolean(),
  tollFreeNetwork: fc.boolean(),
  repliesInLastHour: fc.nat({ max: 9 }),
  ageMs: fc.nat({ max: 900_000 }),
});
const policies = fc.record({
  helpWhenOptedOut: fc.boolean(),
  startWhenNotOptedOut: fc.constantFrom("confirm" as const, "silent" as const, "pass" as const),
  onRepeatedStop: fc.constantFrom("silent" as const, "confirm" as const),
});

describe("in every situation and policy", () => {
  it("an opt-out is recorded", () => {
    fc.assert(
      fc.property(situations, policies, fc.boolean(), (situation, policy, canada) => {
        const decision = decide(keyword("stop", canada ? "CA" : "US"), situation, policy);
        expect(decision).toMatchObject({ handled: true, consent: "opt-out" });
      }),
    );
  });

  it("there is no second answer to what the provider answered, and none beyond the limit", () => {
    fc.assert(
      fc.property(
        situations,
        policies,
        fc.constantFrom(STOP, START, YES, HELP),
        (situation, policy, match) => {
          const { reply, handled, consent } = decide(match, situation, policy);
          if (situation.providerAnswered || situation.repliesInLastHour >= 5) expect(reply).toBeUndefined();
          if (!handled) expect([consent, reply]).toEqual(["none", undefined]);
        },
      ),
    );
  });

  it("nothing is handled when opt-out handling is off", () => {
    expect(decide(STOP, {}, { enabled: false })).toMatchObject({ handled: false, consent: "none" });
  });
});
