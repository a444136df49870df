import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { type Alert, type MessagingService, systemClock } from "@messaging-service/core";
import type { VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { CERTIFICATE, KEY } from "../../../packages/core/test/webhook/certificate.ts";
import { startSite, twiml } from "../../support/webhook-site.ts";
import { createWorld, PHONE, SENDER, type WorldOptions } from "../../support/world.ts";

/** Real servers, so real time. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;
const patience = { timeout: 10_000 };

/** A server that does that with each connection; its port. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** The alerts after one text to a service whose webhook is that. */
async function alertsOf(url: string, options: WorldOptions = {}): Promise<readonly Alert[]> {
  const { service, carrier } = createWorld({ clock: real, webhook: { url }, ...options });
  expect(await carrier.handset(PHONE).text(SENDER, "hi")).toMatchObject({ status: 200 });
  return service.alerts.list();
}

function short(alerts: readonly Alert[]): readonly string[] {
  return alerts.map(({ code, errorCode, level }) => `${level} ${code} ${errorCode}`).toSorted();
}

describe("a webhook that fails is an alert with Twilio's number", () => {
  it.each([
    ["answers 500", { status: 500 }, 11200],
    ["answers more than 64 kB", { body: `<Response>${" ".repeat(66_000)}</Response>` }, 11750],
    ["answers no XML", { body: "<Response" }, 12100],
    ["answers another document", { body: "<Html/>" }, 12102],
    ["answers another type", { type: "application/json", body: "{}" }, 12300],
  ])("when it %s", async (_, page, errorCode) => {
    const site = await startSite({ "/sms": page });
    const alerts = await alertsOf(`${site.origin}/sms?a=1`);
    expect(short(alerts)).toEqual([`ERROR WEBHOOK_FAILED ${errorCode}`]);
    expect(alerts[0]).toMatchObject({
      subject: site.origin,
      resourceSid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      details: { url: `${site.origin}/sms?a=1`, attempts: 1 },
    });
  });

  it("when it refuses the connection", async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(short(await alertsOf(`http://127.0.0.1:${port}/`))).toEqual(["ERROR WEBHOOK_FAILED 11202"]);
  });

  it("when it is too slow", async () => {
    const port = await listen(createTcpServer((socket) => onTestFinished(() => void socket.destroy())));
    expect(short(await alertsOf(`http://127.0.0.1:${port}/#tt=100&rc=0`))).toEqual([
      "ERROR WEBHOOK_FAILED 11203",
    ]);
  });

  it("when it loses the connection", async () => {
    const port = await listen(createTcpServer((socket) => socket.on("data", () => socket.destroy())));
    expect(short(await alertsOf(`http://127.0.0.1:${port}/`))).toEqual(["ERROR WEBHOOK_FAILED 11205"]);
  });

  it("when it speaks no HTTP", async () => {
    const port = await listen(
      createTcpServer((socket) => socket.on("data", () => socket.end("hello\r\n\r\n"))),
    );
    expect(short(await alertsOf(`http://127.0.0.1:${port}/`))).toEqual(["ERROR WEBHOOK_FAILED 11206"]);
  });

  it("when it redirects for ever", async () => {
    const port = await listen(
      createTcpServer((socket) =>
        socket.on("data", () =>
          socket.end("HTTP/1.1 307 Again\r\nLocation: /x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        ),
      ),
    );
    expect(short(await alertsOf(`http://127.0.0.1:${port}/`))).toEqual(["ERROR WEBHOOK_FAILED 11215"]);
    const site = await startSite({ "/sms": { body: "<Response><Redirect>/sms</Redirect></Response>" } });
    expect(short(await alertsOf(`${site.origin}/sms`))).toEqual(["ERROR WEBHOOK_FAILED 14106"]);
  });

  it("when it speaks no TLS, and when nobody vouches for its certificate", async () => {
    const plain = await listen(createTcpServer((socket) => socket.on("error", () => {}).end("no\r\n\r\n")));
    expect(short(await alertsOf(`https://127.0.0.1:${plain}/`))).toEqual(["ERROR WEBHOOK_FAILED 11220"]);
    const own = await listen(createHttpsServer({ key: KEY, cert: CERTIFICATE }));
    expect(short(await alertsOf(`https://127.0.0.1:${own}/`))).toEqual(["ERROR WEBHOOK_FAILED 11237"]);
  });

  it("when its address is private, and code did not name it", async () => {
    const url = "http://169.254.169.254/";
    const alerts = await alertsOf(url, { webhook: { url, guarded: true } });
    expect(short(alerts)).toEqual(["ERROR WEBHOOK_FAILED 11210"]);
  });

  it("when it is a function that throws: then there is no number", async () => {
    const alerts = await alertsOf("", {
      webhook: () => {
        throw new Error("broken");
      },
    });
    expect(short(alerts)).toEqual(["ERROR WEBHOOK_FAILED null"]);
    expect(alerts[0]).toMatchObject({ subject: "function", message: expect.stringContaining("broken") });
  });
});

describe("a webhook with a fallback", () => {
  it("that fails is an alert although its fallback answered", async () => {
    const site = await startSite({ "/sms": { status: 503 }, "/fallback": twiml("sorry") });
    const url = `${site.origin}/sms`;
    const alerts = await alertsOf(url, { webhook: { url, fallbackUrl: `${site.origin}/fallback` } });
    expect(short(alerts)).toEqual(["ERROR WEBHOOK_FAILED 11200"]);
    expect(alerts[0]?.message).toMatch(/its fallback answered: .*answered 503 \(11200\)/);
  });

  it("that fails with it is an alert for each, with the number of each", async () => {
    const site = await startSite({ "/sms": { status: 503 }, "/fallback": { body: "<Html/>" } });
    const url = `${site.origin}/sms`;
    const alerts = await alertsOf(url, { webhook: { url, fallbackUrl: `${site.origin}/fallback` } });
    expect(short(alerts)).toEqual(["ERROR WEBHOOK_FAILED 11200", "ERROR WEBHOOK_FALLBACK_FAILED 12102"]);
  });
});

describe("TwiML", () => {
  it("that holds what is not known is done all the same, with a warning", async () => {
    const site = await startSite({
      "/sms": { body: '<Response><Message colour="red">a</Message><Message/></Response>' },
    });
    const { service, carrier } = createWorld({ clock: real, webhook: { url: `${site.origin}/sms` } });
    expect((await carrier.handset(PHONE).text(SENDER, "hi")).replies).toHaveLength(1);
    expect(short(await service.alerts.list())).toEqual([
      "WARNING TWIML_WARNING 12200",
      "WARNING TWIML_WARNING 14103",
    ]);
  });

  it("that answers a machine is cut off, with one alert (14107)", async () => {
    const { service, carrier } = createWorld({ webhook: async (_, { reply }) => void (await reply("ok")) });
    for (let n = 0; n < 20; n++) await carrier.handset(PHONE).text(SENDER, "hi");
    const [alert] = await service.alerts.list({ code: "REPLY_LOOP" });
    expect(alert).toMatchObject({ errorCode: 14107, subject: SENDER, count: 1 });
  });
});

describe("a status callback that fails", () => {
  async function callback(url: string): Promise<MessagingService> {
    const { service } = createWorld({
      clock: real,
      senders: [{ phoneNumber: SENDER, throughput: 100 }],
      statusCallback: url,
    });
    await service.send({ to: PHONE, body: "x" });
    return service;
  }

  it("is an alert of its host, counted", async () => {
    const site = await startSite({ "/status": { status: 404 } });
    const service = await callback(`${site.origin}/status`);
    await expect
      .poll(() => service.alerts.list(), patience)
      .toMatchObject([{ code: "STATUS_CALLBACK_FAILED", errorCode: 11200, subject: site.origin, count: 2 }]);
  });
});

describe("alerts of webhooks", () => {
  it("hold no credentials and no text of a message", async () => {
    const site = await startSite({ "/sms": { status: 500 }, "/fallback": { status: 500 } });
    const url = `${site.origin.replace("://", "://bob:s3cr3t@")}/sms`;
    const lines: string[] = [];
    const keep = (text: string, fields?: unknown): void =>
      void lines.push(text, JSON.stringify(fields ?? {}));
    const { service, carrier } = createWorld({
      clock: real,
      webhook: { url, fallbackUrl: url.replace("/sms", "/fallback") },
      logger: { debug: keep, info: keep, warn: keep, error: keep },
    });
    service.on("alert", (alert) => keep(JSON.stringify(alert)));
    await carrier.handset(PHONE).text(SENDER, "my pin is 4711");
    const all = [...lines, JSON.stringify(await service.alerts.list())].join("\n");
    expect(all).toContain("WEBHOOK_FAILED");
    expect(all).not.toContain("s3cr3t");
    expect(all).not.toContain("4711");
  });

  it("hold no credentials of a URL that a reply cannot have", async () => {
    const media = "<Message><Body>look</Body><Media>ftp://bob:s3cr3t@media.example/a.png</Media></Message>";
    const site = await startSite({ "/sms": { body: `<Response>${media}</Response>` } });
    const refused = await alertsOf(`${site.origin}/sms`);
    expect(short(refused)).toEqual(["ERROR REPLY_REFUSED 21620"]);
    const failed = await alertsOf("", {
      webhook: (_, { reply }) => reply({ body: "x", statusCallback: "ftp://bob:s3cr3t@app.example/" }),
    });
    expect(short(failed)).toEqual(["ERROR WEBHOOK_FAILED null"]);
    const all = JSON.stringify([refused, failed]);
    expect(all).toContain("ftp://media.example/a.png");
    expect(all).toContain("ftp://app.example/");
    expect(all).not.toContain("s3cr3t");
  });
});
