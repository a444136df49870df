import { types } from "node:util";
import { type MessageStatus, MessagingError } from "@messaging-service/core";
import { check, checkFields, isWhole, oneOf, type Rule, rules } from "./checks.ts";

/** Which submissions a rule steers. Every field given must match; none given matches all. */
export interface OutcomeMatch {
  readonly to?: string | RegExp | undefined;
  /** Compared with the `From` submitted; a service's send without one has the empty text. */
  readonly from?: string | RegExp | undefined;
  readonly body?: string | RegExp | undefined;
  /** Only the n-th of the submissions that match otherwise, counted from 1; or several of them. */
  readonly nth?: number | readonly number[] | undefined;
}

/** One step of a message's way. */
export interface OutcomeStep {
  readonly status: MessageStatus;
  /** Milliseconds after the step before; default 10. */
  readonly afterMs?: number | undefined;
  /** ErrorCode of a failed or undelivered step. */
  readonly errorCode?: number | undefined;
}

/**
 * What becomes of the submissions that match. At most one of `refuse`, `throttle`, `serverError`, `hang` and `reset`;
 * without them the message is taken, and the rest says how it fares.
 */
export interface OutcomeRule {
  readonly match?: OutcomeMatch | undefined;
  /** The rule is spent after steering that many. Default: never. */
  readonly times?: number | undefined;

  /** Refused at once with this number: HTTP 400 (or the number's own status) and `{ code }`. */
  readonly refuse?: number | undefined;
  /** HTTP 429, code 20429, with `Retry-After` of that many seconds. */
  readonly throttle?: number | undefined;
  /** Answered with this HTTP status from 500. */
  readonly serverError?: number | undefined;
  /** Never answered. */
  readonly hang?: boolean | undefined;
  /** The connection is reset instead of an answer. */
  readonly reset?: boolean | undefined;
  /** With serverError, hang or reset: whether the carrier took the message all the same. Default false. */
  readonly accepted?: boolean | undefined;
  /** Milliseconds until the answer; the message is on its way meanwhile. Default the carrier's `latencyMs`. */
  readonly latencyMs?: number | undefined;

  /** Every status after the first, instead of queued → sending → sent → delivered. */
  readonly path?: readonly OutcomeStep[] | undefined;
  /** Ends `failed` with this ErrorCode, never sent. */
  readonly fail?: number | undefined;
  /** Sent, then `undelivered` with this ErrorCode. */
  readonly undelivered?: number | undefined;
  /** false: the network gives no delivery receipt; the phone gets the text, its status stays `sent`. */
  readonly receipt?: boolean | undefined;
  /** Milliseconds from acceptance to `sent`, and to the delivery. */
  readonly sentDelayMs?: number | undefined;
  readonly deliveryDelayMs?: number | undefined;

  /** false: no status callback is made. */
  readonly callbacks?: boolean | undefined;
  /** Each callback is repeated that many times, with the same idempotency token. */
  readonly duplicateCallbacks?: number | undefined;
  /** "reversed": all callbacks are made at the end of the way, the last status first. Default "in-order". */
  readonly callbackOrder?: "in-order" | "reversed" | undefined;
}

/** What is compared with a rule's match. */
export interface Submitted {
  readonly to: string;
  readonly from: string;
  readonly body: string;
}

/** The rules of a carrier. */
export interface OutcomeRules {
  /** Adds a rule; the function returned takes it back. Throws UNKNOWN_OPTION, and INVALID_OPTION also for effects that exclude each other. */
  add(rule: OutcomeRule): () => void;
  /** The rule that steers this submission: of those that match, the one added last. Counts towards `nth` of each. */
  take(submitted: Submitted): OutcomeRule | undefined;
}

/** Of each list a rule has one at most. */
const ALTERNATIVES: readonly (readonly (keyof OutcomeRule)[])[] = [
  ["refuse", "throttle", "serverError", "hang", "reset"],
  ["path", "fail", "undelivered"],
];
const pattern: Rule = [
  (value) => typeof value === "string" || types.isRegExp(value),
  "a text or a regular expression",
];
const position: Rule = [
  (value) => [value].flat().every((each) => isWhole(each, 1)),
  "a number from 1, or a list of them",
];
const FIELDS: Readonly<Record<keyof OutcomeRule, Rule>> = {
  match: rules.parts,
  times: [(value) => isWhole(value, 1), "a whole number from 1"],
  refuse: rules.code,
  throttle: rules.seconds,
  serverError: [(value) => isWhole(value, 500) && Number(value) <= 599, "500 to 599"],
  hang: rules.flag,
  reset: rules.flag,
  accepted: rules.flag,
  latencyMs: rules.milliseconds,
  path: [Array.isArray, "a list of steps"],
  fail: rules.code,
  undelivered: rules.code,
  receipt: rules.flag,
  sentDelayMs: rules.milliseconds,
  deliveryDelayMs: rules.milliseconds,
  callbacks: rules.flag,
  duplicateCallbacks: rules.count,
  callbackOrder: oneOf("in-order", "reversed"),
};
const MATCH_FIELDS: Readonly<Record<keyof OutcomeMatch, Rule>> = {
  to: pattern,
  from: pattern,
  body: pattern,
  nth: position,
};
const STEP_FIELDS: Readonly<Record<keyof OutcomeStep, Rule>> = {
  status: oneOf("queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "canceled"),
  afterMs: rules.milliseconds,
  errorCode: rules.code,
};

function checkRule(rule: OutcomeRule): void {
  checkFields("an outcome", rule, FIELDS);
  checkFields("match of an outcome", rule.match ?? {}, MATCH_FIELDS);
  for (const step of rule.path ?? []) {
    checkFields("a step of a path", step, STEP_FIELDS);
    check(step.status !== undefined, "status of a step of a path", undefined, STEP_FIELDS.status[1]);
  }
  for (const alternatives of ALTERNATIVES) {
    const given = alternatives.filter((name) => rule[name] !== undefined && rule[name] !== false);
    if (given.length > 1)
      throw new MessagingError("INVALID_OPTION", `An outcome cannot have both ${given.join(" and ")}.`);
  }
}

/** An empty set of rules. */
export function createOutcomeRules(): OutcomeRules {
  const added: { readonly rule: OutcomeRule; seen: number; used: number }[] = [];
  return Object.freeze({
    add(rule: OutcomeRule): () => void {
      checkRule(rule);
      const entry = { rule, seen: 0, used: 0 };
      added.unshift(entry);
      return () => {
        const index = added.indexOf(entry);
        if (index !== -1) added.splice(index, 1);
      };
    },
    take(submitted: Submitted): OutcomeRule | undefined {
      let taken: OutcomeRule | undefined;
      for (const entry of added) {
        if (!matches(entry.rule.match, submitted)) continue;
        entry.seen++;
        const nth = entry.rule.match?.nth;
        if (taken !== undefined || (nth !== undefined && ![nth].flat().includes(entry.seen))) continue;
        if (entry.used >= (entry.rule.times ?? Number.POSITIVE_INFINITY)) continue;
        entry.used++;
        taken = entry.rule;
      }
      return taken;
    },
  });
}

function matches(match: OutcomeMatch | undefined, { to, from, body }: Submitted): boolean {
  return fits(match?.to, to) && fits(match?.from, from) && fits(match?.body, body);
}

function fits(pattern: string | RegExp | undefined, value: string): boolean {
  if (pattern === undefined) return true;
  // A global or sticky expression would remember where it stopped; `search` does not.
  return typeof pattern === "string" ? pattern === value : value.search(pattern) !== -1;
}
