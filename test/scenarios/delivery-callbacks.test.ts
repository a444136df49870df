import { createMessagingService, memoryStore, silentLogger, systemClock } from "@messaging-service/core";
import { createCarrier, createVirtualClock, type VirtualClock } from "@messaging-service/simulator";
import twilio from "twilio";
import { describe, expect, it, onTestFinished } from "vitest";
import { createTap, taken } from "../support/tapped.ts";
import { startSite } from "../support/webhook-site.ts";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;
const FRIEND = "+14155550188";
const TOKEN = "0123456789abcdef0123456789abcdef";

/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;
const fast = [{ phoneNumber: SENDER, throughput: 1_000 }];
const patience = { timeout: 10_000 };

describe("a status callback by URL", () => {
  it("has Twilio's parameters and a signature that Twilio's own library accepts", async () => {
    const site = await startSite({ "/status": { status: 204 } });
    const { service } = createWorld({ clock: real, authToken: TOKEN, senders: fast });
    const url = `${site.origin}/status?tenant=7`;
    const { sid } = await service.send({ to: PHONE, body: "x", statusCallback: `${url}#rc=1` });
    await expect.poll(() => site.requests.length, patience).toBe(2);
    const [sent, delivered] = site.requests;
    const { tenant: _, ...parameters } = delivered?.parameters ?? {};
    expect(parameters).toEqual({
      MessageSid: sid,
      MessageStatus: "delivered",
      SmsSid: sid,
      SmsStatus: "delivered",
      AccountSid: service.accountSid,
      MessagingServiceSid: service.sid,
      From: SENDER,
      To: PHONE,
      ApiVersion: "2010-04-01",
      RawDlrDoneDate: expect.stringMatching(/^\d{10}$/),
    });
    expect(sent?.parameters.MessageStatus).toBe("sent");
    expect(sent?.parameters).not.toHaveProperty("RawDlrDoneDate");
    const signature = String(delivered?.headers["x-twilio-signature"]);
    expect(twilio.validateRequest(TOKEN, signature, url, parameters)).toBe(true);
    expect(twilio.validateRequest(TOKEN, signature, url, { ...parameters, MessageStatus: "failed" })).toBe(
      false,
    );
    expect(delivered?.headers["content-type"]).toContain("application/x-www-form-urlencoded");
  });

  it("counts and dates the changes where statusCallbackSequence says so", async () => {
    const site = await startSite({ "/status": { status: 204 } });
    const { service } = createWorld({
      clock: real,
      senders: fast,
      statusCallback: `${site.origin}/status`,
      statusCallbackSequence: true,
    });
    const before = Date.now();
    await service.send({ to: PHONE, body: "x" });
    await expect.poll(() => site.requests.length, patience).toBe(2);
    expect(site.requests.map(({ parameters }) => parameters.SequenceNumber)).toEqual(["1", "2"]);
    for (const { parameters } of site.requests) {
      const time = Date.parse(parameters.Timestamp ?? "");
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
  });

  it("is tried again as its fragment says, with one token", async () => {
    let left = 2;
    const site = await startSite({ "/status": () => ({ status: left-- > 0 ? 503 : 204 }) });
    const { service } = createWorld({ clock: real, senders: fast });
    await service.send({ to: PHONE, body: "x", statusCallback: `${site.origin}/status#rc=3&rp=5xx` });
    await expect.poll(() => site.requests.length, patience).toBe(4);
    expect(site.requests.map(({ parameters }) => parameters.MessageStatus)).toEqual([
      "sent",
      "sent",
      "sent",
      "delivered",
    ]);
    const tokens = site.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(new Set(tokens.slice(0, 3)).size).toBe(1);
    expect(tokens[3]).not.toBe(tokens[0]);
    expect(await service.alerts.list()).toEqual([]);
  });

  it("that answers 5xx is by default not tried again, and reported", async () => {
    const site = await startSite({ "/status": { status: 500 } });
    const { service } = createWorld({ clock: real, senders: fast, statusCallback: `${site.origin}/status` });
    await service.send({ to: PHONE, body: "x" });
    await expect.poll(async () => (await service.alerts.list())[0]?.count, patience).toBe(2);
    expect(site.requests).toHaveLength(2);
    expect(await service.alerts.list()).toMatchObject([{ code: "STATUS_CALLBACK_FAILED", errorCode: 11200 }]);
  });

  it("that came in an answer is not called at a private address; the service's own is", async () => {
    const site = await startSite({ "/private": { status: 204 }, "/service": { status: 204 } });
    const message = (attributes: string) => ({
      body: `<Response><Message to="${FRIEND}"${attributes}>Hello</Message></Response>`,
    });
    const hooks = await startSite({
      "/guarded": message(` statusCallback="${site.origin}/private"`),
      "/plain": message(""),
    });
    const { service, carrier } = createWorld({
      clock: real,
      senders: fast,
      webhook: { url: `${hooks.origin}/guarded` },
      statusCallback: `${site.origin}/service`,
    });
    const alerts = () => service.alerts.list();
    await carrier.handset(PHONE).text(SENDER, "hi");
    await expect
      .poll(alerts, patience)
      .toMatchObject([{ code: "STATUS_CALLBACK_FAILED", errorCode: 11210, count: 2 }]);
    expect(site.requests).toHaveLength(0);
    await service.update({ webhook: { url: `${hooks.origin}/plain` } });
    await carrier.handset(PHONE).text(SENDER, "hi again");
    await expect.poll(() => site.requests.map(({ url }) => url), patience).toEqual(["/service", "/service"]);
    expect(await alerts()).toMatchObject([{ count: 2 }]);
  });

  it("that hangs slows no message down", async () => {
    const site = await startSite({ "/hang": () => new Promise(() => {}) });
    const { service, statuses } = createWorld({
      clock: real,
      senders: fast,
      statusCallback: `${site.origin}/hang`,
    });
    const start = performance.now();
    for (let n = 0; n < 200; n++) await service.send({ to: PHONE, body: "x" });
    await expect
      .poll(() => statuses.filter(({ status }) => status === "delivered").length, patience)
      .toBe(200);
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(site.requests.every(({ parameters }) => parameters.MessageStatus === "sent")).toBe(true);
    const closing = performance.now();
    await service.close({ timeoutMs: 200 });
    expect(performance.now() - closing).toBeLessThan(2_000);
  });
});

describe("a status callback by function", () => {
  it("hears one message's changes in order, however long each takes, and other messages' meanwhile", async () => {
    const { service, clock } = createWorld({ senders: fast });
    const told: string[] = [];
    const slow = (name: string, ms: number) => async (m: { readonly status: string }) => {
      told.push(`${name} ${m.status} begins`);
      await new Promise<void>((resolve) => clock.schedule(resolve, m.status === "sent" ? ms : 0));
      told.push(`${name} ${m.status} ends`);
    };
    await service.send({ to: PHONE, body: "x", statusCallback: slow("a", 5_000) });
    await service.send({ to: PHONE, body: "x", statusCallback: slow("b", 0) });
    await clock.advance(SECOND_MS);
    expect(told).toEqual([
      "a sent begins",
      "b sent begins",
      "b sent ends",
      "b delivered begins",
      "b delivered ends",
    ]);
    await clock.advance(10 * SECOND_MS);
    expect(told.slice(5)).toEqual(["a sent ends", "a delivered begins", "a delivered ends"]);
  });

  it("that has not settled for a minute is an alert, since what follows waits", async () => {
    const { service, clock } = createWorld({ senders: fast });
    const told: string[] = [];
    await service.send({
      to: PHONE,
      body: "x",
      async statusCallback({ status }) {
        told.push(status);
        await new Promise(() => {});
      },
    });
    await clock.advance(50 * SECOND_MS);
    expect(await service.alerts.list()).toEqual([]);
    await clock.advance(600 * SECOND_MS);
    expect(await service.alerts.list()).toMatchObject([{ code: "STATUS_CALLBACK_FAILED", count: 1 }]);
    expect(told).toEqual(["sent"]);
  });

  it("is told each change as it was then", async () => {
    const clock = createVirtualClock();
    const { service } = createWorld({ clock, senders: fast });
    const start = clock.now();
    const told: string[] = [];
    await service.send({
      to: PHONE,
      body: "x",
      statusCallback: async (m, { sequenceNumber, timestamp }) => {
        await new Promise<void>((resolve) => clock.schedule(resolve, 3_000));
        told.push(`${m.status} ${sequenceNumber} ${timestamp.getTime() - start}`);
      },
    });
    await clock.advance(10 * SECOND_MS);
    expect(told).toEqual(["sent 1 0", "delivered 2 30"]);
  });
});

describe("a status callback that a process did not live to make", () => {
  const base = (clock: VirtualClock) => {
    const carrier = createCarrier({ clock });
    const store = { ...memoryStore({ clock }), close: undefined };
    onTestFinished(() => carrier.close());
    return { provider: carrier.provider, senders: [SENDER], store, clock, logger: silentLogger };
  };

  it("is made by the next one, in order and once", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const options = base(clock);
    const provider = tap.wrap(options.provider);
    const first = createMessagingService({
      ...options,
      provider,
      statusCallback: () => new Promise(() => {}),
    });
    const sent = await first.send({ to: PHONE, body: "x" });
    const due = await first.send({
      to: PHONE,
      from: SENDER,
      body: "x",
      sendAt: new Date(clock.now() + 300_000),
    });
    // Scheduled, due and queued behind others: its "queued" waits to be told.
    await clock.advance(299_500);
    for (let n = 0; n < 5; n++) await first.send({ to: PHONE, body: "ahead" });
    await clock.advance(600);
    expect((await first.message(due.sid))?.status).toBe("queued");
    const closing = first.close({ timeoutMs: 0 });
    await clock.advance(10 * SECOND_MS);
    await closing;

    const told: string[] = [];
    const second = createMessagingService({
      ...options,
      provider,
      statusCallback: (m, { sequenceNumber }) => told.push(`${m.sid} ${m.status} ${sequenceNumber}`),
    });
    await second.ready();
    await clock.advance(60 * SECOND_MS);
    expect(told.filter((each) => each.startsWith(sent.sid))).toEqual([`${sent.sid} sent 1`]);
    expect(told.filter((each) => each.startsWith(due.sid))).toEqual([
      `${due.sid} queued 1`,
      `${due.sid} sent 2`,
    ]);
    expect(new Set(told).size).toBe(told.length);
    const end = second.close();
    await clock.advance(10 * SECOND_MS);
    await end;

    const third = createMessagingService({
      ...options,
      provider,
      statusCallback: (m) => told.push(m.status),
    });
    const before = told.length;
    await third.ready();
    await clock.advance(60 * SECOND_MS);
    expect(told).toHaveLength(before);
    const over = third.close();
    await clock.advance(10 * SECOND_MS);
    await over;
  });

  it("is waited for by close, within its limit", async () => {
    const clock = createVirtualClock();
    const told: string[] = [];
    const { service } = createWorld({
      clock,
      statusCallback: async (m) => {
        await new Promise<void>((resolve) => clock.schedule(resolve, 2_000));
        told.push(m.status);
      },
    });
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(5);
    const closing = service.close();
    await clock.advance(15 * SECOND_MS);
    await closing;
    expect(told).toEqual(["sent"]);
  });
});

describe("a function given to one send", () => {
  it("is forgotten three days after its message's time: what comes later goes to the service's", async () => {
    const told: string[] = [];
    const { service, carrier, clock } = createWorld({
      heartbeatMs: 600_000,
      refreshMs: 60_000,
      statusCallback: ({ body, status }) => void told.push(`service ${body} ${status}`),
    });
    const path = (days: number) => [
      { status: "sent" as const },
      { status: "delivered" as const, afterMs: days * 86_400_000 },
    ];
    carrier.outcome({ match: { body: "early" }, path: path(3) });
    carrier.outcome({ match: { body: "late" }, path: path(4) });
    for (const body of ["early", "late"])
      await service.send({
        to: PHONE,
        body,
        statusCallback: ({ status }) => void told.push(`own ${body} ${status}`),
      });
    await clock.advance(5 * 86_400_000);
    expect(told).toEqual([
      "own early sent",
      "own late sent",
      "own early delivered",
      "service late delivered",
    ]);
  });
});
