import { type Alert, systemClock } from "@messaging-service/core";
import { createCarrier, type VirtualClock } from "@messaging-service/simulator";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import { type SiteRequest, startSite, type WebhookSite } from "../../support/webhook-site.ts";
import { createWorld, PHONE, SENDER } from "../../support/world.ts";

/** Real servers, so real time. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;
const patience = { timeout: 10_000 };
const TOKEN = "t0ken";
const INDIAN = "+919812345678";
const senders = [{ senderId: "ACME" }, { phoneNumber: SENDER, throughput: 100 }];

/** What a request's Payload says. */
function payloadOf(request: SiteRequest | undefined): Record<string, unknown> {
  return JSON.parse(request?.parameters.Payload ?? "{}") as Record<string, unknown>;
}

async function posted(site: WebhookSite, count: number): Promise<readonly SiteRequest[]> {
  const requests = () => site.requests.filter(({ url }) => url.startsWith("/debugger"));
  await expect.poll(() => requests().length, patience).toBe(count);
  return requests();
}

describe("the Debugger webhook", () => {
  it("is posted Twilio's form, signed by the service's token", async () => {
    const site = await startSite({ "/debugger": { status: 204 } });
    const url = `${site.origin}/debugger`;
    const { service } = createWorld({
      clock: real,
      senders,
      authToken: TOKEN,
      debuggerWebhook: { url },
    });
    const told: Alert[] = [];
    service.on("alert", (alert) => told.push(alert));
    const { sid } = await service.send({ to: INDIAN, body: "x" });
    const [request] = await posted(site, 1);
    const [alert] = told;
    expect(request).toMatchObject({
      method: "POST",
      headers: { "content-type": expect.stringContaining("application/x-www-form-urlencoded") },
    });
    expect(request?.parameters).toEqual({
      Sid: alert?.sid,
      AccountSid: service.accountSid,
      ParentAccountSid: "",
      Timestamp: alert?.lastAt.toISOString(),
      Level: "WARNING",
      PayloadType: "application/json",
      Payload: expect.any(String) as string,
    });
    expect(payloadOf(request)).toEqual({
      resource_sid: service.sid,
      service_sid: service.sid,
      error_code: "30018",
      more_info: {
        Msg: alert?.message,
        ErrorCode: "30018",
        LogLevel: "WARNING",
        Code: "PREREGISTRATION",
        Count: "1",
        Subject: "ACME IN",
        FirstAt: alert?.firstAt.toISOString(),
      },
    });
    expect(sid).toMatch(/^SM/);
    const signature = String(request?.headers["x-twilio-signature"]);
    const parameters = request?.parameters ?? {};
    expect(twilio.validateRequest(TOKEN, signature, url, parameters)).toBe(true);
    expect(twilio.validateRequest(TOKEN, signature, url, { ...parameters, Level: "ERROR" })).toBe(false);
    expect(request?.headers["i-twilio-idempotency-token"]).toBe(`${alert?.sid}-1`);
  });

  it("is told the call of a webhook that failed: request and response, and the message concerned", async () => {
    const site = await startSite({ "/sms": { status: 503 }, "/debugger": { status: 204 } });
    const { service, carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin.replace("://", "://bob:s3cr3t@")}/sms#rc=0` },
      debuggerWebhook: { url: `${site.origin}/debugger` },
    });
    await carrier.handset(PHONE).text(SENDER, "hi");
    const [request] = await posted(site, 1);
    const [message] = await service.messages({ direction: "inbound" });
    expect(request?.parameters.Level).toBe("ERROR");
    expect(payloadOf(request)).toMatchObject({
      resource_sid: message?.sid,
      error_code: "11200",
      webhook: {
        type: "application/json",
        request: {
          method: "POST",
          url: `${site.origin}/sms`,
          headers: {},
          parameters: { MessageSid: message?.sid, From: PHONE, To: SENDER },
        },
        response: { status_code: 503, headers: {}, body: "" },
      },
    });
    const text = JSON.stringify(request?.parameters);
    expect(text).not.toContain("s3cr3t");
    expect(text).not.toContain(String(site.requests[0]?.headers["x-twilio-signature"]));
  });

  it("is told of a status callback that failed", async () => {
    const site = await startSite({ "/status": { status: 404 }, "/debugger": { status: 204 } });
    const { service } = createWorld({
      clock: real,
      senders,
      statusCallback: `${site.origin}/status`,
      debuggerWebhook: { url: `${site.origin}/debugger` },
    });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    const [request] = await posted(site, 1);
    expect(payloadOf(request)).toMatchObject({
      resource_sid: sid,
      error_code: "11200",
      webhook: { request: { parameters: { MessageSid: sid, MessageStatus: "sent" } } },
    });
  });

  it("is told the first, the tenth and the hundredth time, each with a token of its own", async () => {
    const site = await startSite({ "/debugger": { status: 204 } });
    const { service } = createWorld({ senders, debuggerWebhook: { url: `${site.origin}/debugger` } });
    for (const count of [1, 9, 90]) {
      for (let n = 0; n < count; n++) await service.send({ to: INDIAN, body: "x" });
      await service.alerts.list();
    }
    const requests = await posted(site, 3);
    const counts = requests.map((request) => (payloadOf(request).more_info as { Count: string }).Count);
    expect(counts.toSorted()).toEqual(["1", "10", "100"]);
    expect(new Set(requests.map(({ parameters }) => parameters.Sid)).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers["i-twilio-idempotency-token"])).size).toBe(3);
  });

  it("is tried again as its fragment says", async () => {
    let left = 2;
    const site = await startSite({ "/debugger": () => ({ status: left-- > 0 ? 503 : 204 }) });
    const { service } = createWorld({
      clock: real,
      senders,
      debuggerWebhook: { url: `${site.origin}/debugger#rc=3&rp=5xx` },
    });
    await service.send({ to: INDIAN, body: "x" });
    const requests = await posted(site, 3);
    expect(new Set(requests.map(({ headers }) => headers["i-twilio-idempotency-token"])).size).toBe(1);
    expect(await service.alerts.list({ code: "DEBUGGER_WEBHOOK_FAILED" })).toEqual([]);
  });

  it("that fails is an alert, and does not go round in circles", async () => {
    const site = await startSite({ "/debugger": { status: 500 } });
    const { service } = createWorld({
      clock: real,
      senders,
      debuggerWebhook: { url: `${site.origin}/debugger` },
    });
    await service.send({ to: INDIAN, body: "x" });
    const failed = () => service.alerts.list({ code: "DEBUGGER_WEBHOOK_FAILED" });
    await expect.poll(failed, patience).toMatchObject([{ errorCode: 11200, subject: site.origin, count: 1 }]);
    // Another alert is another try, and the failure of the first is none of them.
    await service.send({ to: "+6591234567", body: "x" });
    await expect.poll(failed, patience).toMatchObject([{ count: 2 }]);
    expect(site.requests.map((request) => (payloadOf(request).more_info as { Code: string }).Code)).toEqual([
      "PREREGISTRATION",
      "PREREGISTRATION",
    ]);
  });

  it("may want errors alone, and can be set and unset while the service runs", async () => {
    const site = await startSite({ "/sms": { status: 500 }, "/debugger": { status: 204 } });
    const { service, carrier } = createWorld({
      clock: real,
      senders,
      webhook: { url: `${site.origin}/sms` },
    });
    const url = `${site.origin}/debugger`;
    await service.send({ to: INDIAN, body: "x" });
    await service.update({ debuggerWebhook: { url, level: "ERROR" } });
    await service.send({ to: "+6591234567", body: "x" });
    await service.alerts.list();
    await carrier.handset(PHONE).text(SENDER, "hi");
    const [request] = await posted(site, 1);
    expect(payloadOf(request)).toMatchObject({ more_info: { Code: "WEBHOOK_FAILED" } });
    await service.update({ debuggerWebhook: null });
    expect(service.settings.debuggerWebhook).toBeUndefined();
  });

  it("that is none of code's is not called at a private address", async () => {
    const site = await startSite({ "/debugger": { status: 204 } });
    const { service } = createWorld({
      clock: real,
      senders,
      debuggerWebhook: { url: `${site.origin}/debugger`, guarded: true },
    });
    await service.send({ to: INDIAN, body: "x" });
    await expect
      .poll(() => service.alerts.list({ code: "DEBUGGER_WEBHOOK_FAILED" }), patience)
      .toMatchObject([{ errorCode: 11210 }]);
    expect(site.requests).toEqual([]);
  });

  it("that hangs keeps a service from closing no longer than it says", async () => {
    const site = await startSite({ "/debugger": () => new Promise(() => {}) });
    const { service } = createWorld({
      clock: real,
      senders,
      debuggerWebhook: { url: `${site.origin}/debugger` },
    });
    await service.send({ to: INDIAN, body: "x" });
    await posted(site, 1);
    const started = performance.now();
    await service.close({ timeoutMs: 200 });
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it.each([
    ["no URL", { url: "example.com" }],
    ["an unknown key", { url: "https://example.com", method: "GET" }],
    ["an unknown level", { url: "https://example.com", level: "INFO" }],
    ["a text", "https://example.com"],
  ])("with %s is refused, naming the option", (_, debuggerWebhook) => {
    const { provider } = createCarrier();
    expect(() => createWorld({ debuggerWebhook: debuggerWebhook as never, provider })).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining("debuggerWebhook") as string,
      }),
    );
  });
});
