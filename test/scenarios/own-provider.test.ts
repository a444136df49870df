import type { InboundEvent, LogFields, Provider, ProviderResult, Verdict } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

const HOUR = 3_600_000;

/** A provider of the user's own, perhaps in plain JavaScript: the carrier's, in part written anew. */
function own(webhook: Partial<Record<keyof Provider["webhook"], unknown>>): (carrier: Provider) => Provider {
  return (carrier) => ({ ...carrier, webhook: { ...carrier.webhook, ...webhook } as Provider["webhook"] });
}

/** A service that is called by such a provider; what it is told, and what it logs. */
function called(webhook: Parameters<typeof own>[0]) {
  const told: string[] = [];
  const log: string[] = [];
  const keep = (text: string, fields?: LogFields): void => void log.push(text + JSON.stringify(fields ?? {}));
  const { service, clock } = createWorld({
    wrap: own(webhook),
    webhook: async ({ body }) => void told.push(body),
    logger: { debug: keep, info: keep, warn: keep, error: keep },
  });
  const call = async (endpoint: "inbound" | "status", body = ""): Promise<number | undefined> => {
    const request = { method: "POST", url: `/messaging/${endpoint}`, headers: {}, body: Buffer.from(body) };
    const answer = service.handle(endpoint, request);
    await clock.advance(10_000);
    return (await answer)?.status;
  };
  return { told, log, call, service };
}

const event: InboundEvent = {
  providerSid: "1",
  from: PHONE,
  to: SENDER,
  body: "Hello",
  media: [],
  parameters: {},
};

describe("a provider of one's own", () => {
  it.each<[string, unknown]>([
    ["a promise", Promise.resolve({ ok: true })],
    ["true", true],
    ["nothing", undefined],
    ["a verdict without a reason", { ok: false }],
    ["a word for yes", { ok: "yes" }],
  ])("whose verify answers %s is not believed, and the log says why", async (_what, verdict) => {
    const { call, told, log } = called({ verify: () => verdict as Verdict, parseInbound: () => [event] });
    expect(await call("inbound")).toBe(503);
    expect(told).toEqual([]);
    expect(log.join()).toMatch(/verify of \\"simulator\\" answers/);
  });

  it.each(["providerSid", "from", "to", "body", "media"] as const)(
    "that leaves out an event's %s is told so, and no message is taken for another",
    async (field) => {
      const { [field]: _absent, ...rest } = event;
      const { call, told, log } = called({ verify: () => ({ ok: true }), parseInbound: () => [rest] });
      expect(await call("inbound")).toBe(503);
      expect(await call("inbound")).toBe(503);
      expect(told).toEqual([]);
      expect(log.join()).toMatch(new RegExp(`an event without ${field}`));
    },
  );

  it.each(["parseInbound", "parseReceipts"] as const)("whose %s answers no list is told so", async (name) => {
    const { call, log } = called({ verify: () => ({ ok: true }), [name]: async () => [event] });
    expect(await call(name === "parseInbound" ? "inbound" : "status")).toBe(503);
    expect(log.join()).toMatch(new RegExp(`${name} of \\\\"simulator\\\\" answers no list`));
  });

  it.each(["30003", undefined, Number.NaN])("whose receipt has the code %j has none", async (errorCode) => {
    const receipt = { providerSid: "1", status: "undelivered", errorCode, parameters: {} };
    const { service, clock, carrier, message } = createWorld({
      wrap: own({ verify: () => ({ ok: true }), parseReceipts: () => [receipt] }),
    });
    carrier.outcome({ callbacks: false });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(2_000);
    Object.assign(receipt, { sid, providerSid: (await message(sid)).providerSid });
    await service.handle("status", {
      method: "POST",
      url: "/messaging/status",
      headers: {},
      body: Buffer.from(""),
    });
    expect(await message(sid)).toMatchObject({ status: "undelivered", errorCode: null });
  });

  it("that knows at once what became of a message has it so", async () => {
    const answers: ProviderResult[] = (
      ["queued", "delivered", "read", "undelivered", "failed", "received"] as const
    ).map((status, index) => ({ outcome: "accepted", providerSid: `p${index}`, status }));
    const left = [...answers];
    const { service, clock, message } = createWorld({
      wrap: (carrier) => ({ ...carrier, send: async () => left.shift() ?? carrier.send({} as never) }),
    });
    const statuses: string[] = [];
    for (const _answer of answers) {
      const { sid } = await service.send({ to: PHONE, body: "x" });
      await clock.advance(2_000);
      const { status, error } = await message(sid);
      statuses.push(error === null ? status : `${status} ${error}`);
    }
    expect(statuses).toEqual([
      "sent",
      "delivered",
      "read",
      "undelivered PROVIDER_REFUSED",
      "failed PROVIDER_REFUSED",
      "sent",
    ]);
  });

  it("that asks for a wait of years holds its sender back no longer than a message may wait", async () => {
    let isBusy = true;
    const { service, clock, message } = createWorld({
      wrap: (carrier) => ({
        ...carrier,
        async send(handed) {
          if (!isBusy) return carrier.send(handed);
          isBusy = false;
          const retryAfterMs = clock.now();
          return { outcome: "not-sent", errorCode: null, errorMessage: "later", retryAfterMs };
        },
      }),
    });
    const first = await service.send({ to: PHONE, body: "x" });
    await clock.advance(2_000);
    expect(await message(first.sid)).toMatchObject({ status: "failed", error: "PROVIDER_UNAVAILABLE" });
    await clock.advance(10 * HOUR);
    const second = await service.send({ to: PHONE, body: "x" });
    await clock.advance(2_000);
    expect(await message(second.sid)).toMatchObject({ status: "delivered" });
  });

  it.each<[string, () => Promise<never>]>([
    ["does not answer", () => new Promise(() => {})],
    ["fails", () => Promise.reject(new Error("down"))],
    ["answers what is no list of findings", async () => [null] as never],
  ])("whose inspect %s is a finding of the doctor's", async (_what, inspect) => {
    const { service, clock } = createWorld({ wrap: (carrier) => ({ ...carrier, inspect }) });
    const findings = service.doctor();
    await clock.advance(10_000);
    expect(await findings).toContainEqual(
      expect.objectContaining({
        code: "PROVIDER_UNAVAILABLE",
        message: expect.stringContaining("simulator"),
      }),
    );
  });

  it("may be an instance of a class, and its webhook another", async () => {
    class Webhook implements Pick<Provider["webhook"], "verify" | "parseInbound" | "parseReceipts"> {
      readonly #verdict: Verdict = { ok: true };
      verify() {
        return this.#verdict;
      }
      parseInbound() {
        return [event];
      }
      parseReceipts() {
        return [];
      }
    }
    class Own {
      readonly name = "own";
      readonly webhook = new Webhook();
      readonly #sids = ["p1"];
      async send(): Promise<ProviderResult> {
        return { outcome: "accepted", providerSid: this.#sids.pop() ?? "" };
      }
    }
    const { service, clock, message } = createWorld({ wrap: () => new Own(), store: "memory" });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(2_000);
    expect(await message(sid)).toMatchObject({ status: "sent", providerSid: "p1" });
    const request = { method: "POST", url: "/messaging/inbound", headers: {}, body: Buffer.from("") };
    expect(await service.handle("inbound", request)).toMatchObject({ status: 200 });
  });

  it.each<[string, object]>([
    ["name", { name: ".." }],
    ["name", { name: "" }],
    ["send", { send: undefined }],
    ["verify", { webhook: {} }],
    ["verify", { webhook: undefined }],
    ["parseReceipts", { webhook: { verify: () => {}, parseInbound: () => {} } }],
    ["rcsCapable", { rcsCapable: true }],
    ["inspect", { inspect: [] }],
  ])("is refused where its %s is missing or wrong: %j", (part, changes) => {
    expect(() => createWorld({ wrap: (carrier) => ({ ...carrier, ...changes }) as Provider })).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(`this one's ${part} is`),
      }),
    );
  });
});
