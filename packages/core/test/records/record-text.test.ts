import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InboundPart, MessageRecord, OutboundPart } from "../../src/records/message-record.ts";
import { toVersioned } from "../../src/records/versioned.ts";
import { aRecord } from "../support/records.ts";

/** An arbitrary for every field, so that a field added to the record does not compile until it is here too. */
type Fields<T> = { readonly [Name in keyof Required<T>]: fc.Arbitrary<T[Name]> };

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom('"', "\\", "\n", "\ud800", 'a,"updatedAt":1', "Hi, it's 8 o'clock."),
);
const ms = fc.integer({ min: 0, max: 4_102_444_800_000 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const words = fc.dictionary(text, text, { noNullPrototype: true });

const outbound: Fields<OutboundPart> = {
  owner: text,
  text,
  smartEncoding: fc.boolean(),
  requestedFrom: maybe(text),
  fallbackFrom: maybe(text),
  contentSid: maybe(text),
  contentVariables: maybe(text),
  sendAsMms: maybe(fc.boolean()),
  idempotencyKey: maybe(text),
  excluded: fc.array(text),
  claimed: maybe(text),
  rcsFailed: maybe(fc.boolean()),
  rcsSid: maybe(text),
  mmsFailed: maybe(fc.boolean()),
  mmsSid: maybe(text),
  ambiguousUntil: maybe(ms),
  confirmation: maybe(fc.boolean()),
  inReplyTo: maybe(text),
  redacted: maybe(fc.boolean()),
};

const inbound: Fields<InboundPart> = {
  state: fc.constantFrom("handling", "done", "failed"),
  lease: ms,
  owner: text,
  channel: fc.constantFrom("sms", "whatsapp", "rcs"),
  media: fc.array(fc.record({ url: text, contentType: fc.option(text) })),
  parameters: words,
  hint: maybe(fc.constantFrom("STOP", "START", "HELP")),
  answeredByProvider: maybe(fc.boolean()),
  answer: maybe(fc.record({ status: fc.nat(599), headers: words, body: text })),
};

const fields: Fields<MessageRecord> = {
  conversation: maybe(fc.record({ sid: text, author: text })),
  sid: text,
  direction: fc.constantFrom("inbound", "outbound-api", "outbound-reply"),
  to: text,
  from: fc.option(text),
  body: text,
  mediaUrl: fc.array(text),
  kind: fc.constantFrom("SMS", "MMS", "WHATSAPP", "RCS"),
  status: fc.constantFrom("queued", "sending", "sent", "delivered", "failed"),
  errorCode: fc.option(fc.nat()),
  errorMessage: fc.option(text),
  error: fc.option(fc.constantFrom("OPTED_OUT", "PROVIDER_REFUSED")),
  encoding: fc.option(fc.constantFrom("GSM-7", "UCS-2")),
  numSegments: fc.nat(),
  createdAt: ms,
  updatedAt: ms,
  sentAt: fc.option(ms),
  sendAt: fc.option(ms),
  validityPeriod: fc.nat(),
  category: fc.option(text),
  tags: fc.option(words),
  provider: fc.option(text),
  providerSid: fc.option(text),
  ambiguous: fc.boolean(),
  attempts: fc.array(
    fc.record({
      from: text,
      at: ms,
      outcome: fc.constantFrom("accepted", "refused", "not-sent", "ambiguous"),
      errorCode: fc.option(fc.nat()),
      errorMessage: fc.option(text),
    }),
  ),
  explanation: fc.option(
    fc.record({
      sender: fc.option(text),
      rule: fc.option(fc.constantFrom("scaler", "from")),
      steps: fc.array(
        fc.record({
          rule: fc.constantFrom("scaler", "from"),
          reason: text,
          before: fc.nat(),
          after: fc.nat(),
        }),
      ),
      alerts: fc.array(
        fc.record({ code: fc.constantFrom("FOREIGN_SENDER", "MULTIPLE_TOLL_FREE"), message: text }),
      ),
    }),
  ),
  optOutType: fc.option(fc.constantFrom("STOP", "START", "HELP")),
  sequence: fc.nat(),
  statusCallback: maybe(text),
  guardedCallback: maybe(fc.boolean()),
  callbackMethod: maybe(fc.constantFrom("GET", "POST")),
  callbacks: maybe(
    fc.array(
      fc.record({
        sequence: fc.nat(),
        status: fc.constantFrom("sent", "delivered"),
        errorCode: fc.option(fc.nat()),
        errorMessage: fc.option(text),
        at: ms,
        rawDlrDoneDate: maybe(text),
      }),
    ),
  ),
  outbound: maybe(fc.record(outbound)),
  inbound: maybe(fc.record(inbound)),
};
const records: fc.Arbitrary<MessageRecord> = fc.record(fields);
/** Any of the fields, each with any value. */
const changes: fc.Arbitrary<Partial<MessageRecord>> = fc.record(fields, { requiredKeys: [] });

const parsed = (raw: { toString(): string } | string): unknown => JSON.parse(raw.toString());

describe("the text of a record", () => {
  it("says of any record what JSON.stringify says", () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(parsed(toVersioned(record, "").raw)).toEqual(parsed(JSON.stringify(record)));
      }),
    );
  });

  it("says so of any version that follows from another, whatever changed", () => {
    fc.assert(
      fc.property(records, fc.array(changes, { maxLength: 4 }), (record, steps) => {
        let version = toVersioned(record, "");
        for (const step of steps) {
          const next = { ...version.record, ...step };
          version = toVersioned(next, "", version);
          expect(version.record).toBe(next);
          expect(parsed(version.raw)).toEqual(parsed(JSON.stringify(next)));
        }
      }),
    );
  });

  it("is the same string again where nothing changed", () => {
    const first = toVersioned(aRecord(), "");
    const raw = first.raw.toString();
    expect(toVersioned({ ...first.record }, "", first).raw.toString()).toBe(raw);
  });
});
