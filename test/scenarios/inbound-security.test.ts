import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type HttpRequest, type LogFields, signTwilioRequest, systemClock } from "@messaging-service/core";
import { twilio } from "@messaging-service/providers/twilio";
import type { VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { startSite } from "../support/webhook-site.ts";
import { createWorld, PHONE, SENDER, type World, type WorldOptions } from "../support/world.ts";

/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;

const AUTH_TOKEN = "12345678901234567890123456789012";
let count = 0;
const sid = (): string => `SM${(++count).toString(16).padStart(32, "0")}`;

/** A private server that must not be reached, unless the test says so; how often it was. */
async function startIntranet(): Promise<{ readonly origin: string; readonly hits: readonly string[] }> {
  const hits: string[] = [];
  const server: Server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url?.split("?")[0]}`);
    response.setHeader("content-type", "text/xml");
    response.end("<Response><Message>secret</Message></Response>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, hits };
}

/** Texts a service whose webhook is that URL; everything it logged and alerted. */
async function textTo(
  url: string,
  options: WorldOptions = {},
): Promise<World & { readonly log: () => string }> {
  const lines: string[] = [];
  const keep = (text: string, fields?: LogFields): void =>
    void lines.push(text + JSON.stringify(fields ?? {}));
  const world = createWorld({
    clock: real,
    webhook: { url },
    logger: { debug: keep, info: keep, warn: keep, error: keep },
    ...options,
  });
  world.service.on("alert", (alert) => keep(alert.message, alert.details));
  expect((await world.carrier.handset(PHONE).text(SENDER, "hi")).status).toBe(200);
  return { ...world, log: () => lines.join("\n") };
}

/** The refused address is named by an alert. */
async function blocked({ service }: Pick<World, "service">): Promise<string> {
  const alerts = await service.alerts.list();
  return alerts.map(({ code, message }) => `${code} ${message}`).join("\n");
}

describe("a URL that is none of code's", () => {
  it("is not called at a private address: the target of <Redirect>", async () => {
    const intranet = await startIntranet();
    const site = await startSite({
      "/sms": { body: `<Response><Redirect>${intranet.origin}/x</Redirect></Response>` },
    });
    const world = await textTo(`${site.origin}/sms`);
    expect(await blocked(world)).toContain("11210");
    expect(intranet.hits).toEqual([]);
  });

  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://localhost/",
    "http://[fd00:ec2::254]/",
    "file:///etc/passwd",
  ])("is not called: <Redirect>%s", async (target) => {
    const site = await startSite({ "/sms": { body: `<Response><Redirect>${target}</Redirect></Response>` } });
    const world = await textTo(`${site.origin}/sms`);
    expect(await blocked(world)).toMatch(/WEBHOOK_FAILED .*\((11210|11100)\)/s);
  });

  it.each([301, 302, 307, 308])("is not called at a private address: the target of a %i", async (status) => {
    const intranet = await startIntranet();
    const server = createServer((_, response) => {
      response.writeHead(status, { location: `${intranet.origin}/x` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const world = await textTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sms`);
    expect(await blocked(world)).toContain("11210");
    expect(intranet.hits).toEqual([]);
  });

  it.each([
    ["rides in the answer", ""],
    ["leaves as a message", ' to="+14155550124"'],
  ])("is not called at a private address: the action of a reply that %s", async (_, attribute) => {
    const intranet = await startIntranet();
    const site = await startSite({
      "/sms": {
        body: `<Response><Message action="${intranet.origin}/x"${attribute}>hi</Message></Response>`,
      },
    });
    const world = await textTo(`${site.origin}/sms`);
    await expect.poll(() => blocked(world)).toContain("STATUS_CALLBACK_FAILED");
    expect(intranet.hits).toEqual([]);
  });

  it("stays untrusted in all that follows from it, and the fallback of code stays trusted", async () => {
    const intranet = await startIntranet();
    // The stranger may be called; what it names in turn is judged again.
    const stranger = createServer((_, response) => {
      response.setHeader("content-type", "text/xml");
      response.end(
        `<Response><Message>stranger</Message><Redirect>${intranet.origin}/x</Redirect></Response>`,
      );
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.2", resolve));
    onTestFinished(() => {
      stranger.closeAllConnections();
      stranger.close();
    });
    const strange = `http://127.0.0.2:${(stranger.address() as AddressInfo).port}/`;
    const site = await startSite({
      "/sms": { body: `<Response><Redirect>${strange}</Redirect></Response>` },
      "/fallback": { body: "<Response><Message>sorry</Message></Response>" },
    });
    const world = await textTo(`${site.origin}/sms`, {
      webhook: { url: `${site.origin}/sms`, fallbackUrl: `${site.origin}/fallback` },
      allowPrivateHosts: ["127.0.0.2"],
    });
    const { inbox } = world.carrier.handset(PHONE);
    expect(inbox.map(({ body }) => body)).toEqual(["stranger", "sorry"]);
    expect(intranet.hits).toEqual([]);
  });

  it("is guarded where the webhook itself is, as one that came over a REST API", async () => {
    const intranet = await startIntranet();
    const world = await textTo(intranet.origin, { webhook: { url: intranet.origin, guarded: true } });
    expect(await blocked(world)).toContain("11210");
    expect(intranet.hits).toEqual([]);
  });

  it.each(["yes", 1, null])("is not guarded by %j, which is refused", (guarded) => {
    const webhook = { url: "https://example.com/sms", guarded: guarded as unknown as boolean };
    expect(() => createWorld({ webhook })).toThrow(/webhook/);
  });

  it.each([
    ["of an answer", false],
    ["of a guarded webhook", true],
  ])("does not speak for the carrier: a message forged by the URL %s", async (_, isGuarded) => {
    const provider = twilio({
      accountSid: `AC${"1".repeat(32)}`,
      authToken: AUTH_TOKEN,
      optOutHandling: "off",
    });
    const server = createServer(async ({ method = "", url = "", headers }, response) => {
      const read = { method, url, headers: headers as HttpRequest["headers"], body: undefined };
      const answer = await service.handle("inbound", read);
      response.writeHead(answer?.status ?? 0, answer?.headers).end(answer?.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const inbound = (from: string, body: string): string =>
      `${publicUrl}/messaging/inbound?${new URLSearchParams({ MessageSid: sid(), From: from, To: SENDER, Body: body })}`;
    const forged = inbound("+14155550199", "STOP");
    const redirect = `<Redirect method="GET">${forged.replaceAll("&", "&amp;")}</Redirect>`;
    const site = await startSite({ "/sms": { body: `<Response>${redirect}</Response>` } });
    const { service } = createWorld({
      wrap: () => provider,
      clock: real,
      store: "memory",
      publicUrl,
      allowPrivateHosts: ["127.0.0.1"],
      webhook: isGuarded ? { url: forged, method: "GET", guarded: true } : { url: `${site.origin}/sms` },
    });
    const genuine = inbound(PHONE, "hi");
    const signature = signTwilioRequest({ authToken: AUTH_TOKEN, url: genuine });
    expect((await fetch(genuine, { headers: { "x-twilio-signature": signature } })).status).toBe(200);
    expect(await blocked({ service })).toContain("WEBHOOK_FAILED");
    expect(await service.consent.get("+14155550199")).toMatchObject({ status: "unknown" });
  });

  it("is called where allowPrivateHosts names it", async () => {
    const intranet = await startIntranet();
    const site = await startSite({
      "/sms": {
        body: `<Response><Message action="${intranet.origin}/done">a</Message><Redirect>${intranet.origin}/x</Redirect></Response>`,
      },
    });
    const { carrier } = await textTo(`${site.origin}/sms`, { allowPrivateHosts: ["127.0.0.0/8"] });
    expect(carrier.handset(PHONE).inbox.map(({ body }) => body)).toEqual(["a", "secret"]);
    await expect.poll(() => intranet.hits.at(-1)).toBe("POST /done");
  });
});

describe("credentials in a webhook's URL", () => {
  const CREDENTIALS = "bob:s3cr3t";
  const withCredentials = (origin: string): string => origin.replace("://", `://${CREDENTIALS}@`);
  const header = `Basic ${Buffer.from(CREDENTIALS).toString("base64")}`;

  it("reach the webhook and what it names relative to itself, in a header", async () => {
    const site = await startSite({
      "/sms": { body: '<Response><Message action="/done">a</Message><Redirect>/more</Redirect></Response>' },
      "/more": { body: "<Response/>" },
      "/done": { status: 204 },
    });
    await textTo(`${withCredentials(site.origin)}/sms`);
    await expect.poll(() => site.requests.some(({ url }) => url === "/done")).toBe(true);
    expect(new Set(site.requests.map(({ headers }) => headers.authorization))).toEqual(new Set([header]));
  });

  it("stay out of logs and alerts, whatever goes wrong", async () => {
    const pages = [
      { status: 500 },
      { body: "<Nope/>" },
      { body: "<Response><Play/><Message action='http://['>a</Message></Response>" },
      { body: "<Response><Redirect>/sms</Redirect></Response>" },
      { body: "<Response><Redirect>http://169.254.169.254/</Redirect></Response>" },
    ];
    for (const page of pages) {
      const site = await startSite({ "/sms": page, "/fallback": { status: 503 } });
      const url = `${withCredentials(site.origin)}/sms#rc=1&rp=all`;
      const { log } = await textTo(url, {
        webhook: { url, fallbackUrl: `${withCredentials(site.origin)}/fallback` },
      });
      expect(log()).not.toBe("");
      expect(log()).not.toContain("s3cr3t");
      expect(site.requests.at(-1)?.parameters.ErrorUrl ?? "").not.toContain("s3cr3t");
    }
  });

  it("are not handed to the carrier with media that is named relative to it", async () => {
    const site = await startSite({
      "/sms": { body: "<Response><Message><Body>a</Body><Media>/pic.png</Media></Message></Response>" },
    });
    const { carrier, service } = await textTo(`${withCredentials(site.origin)}/sms`);
    expect(carrier.handset(PHONE).inbox.map(({ mediaUrl }) => mediaUrl)).toEqual([
      [`${site.origin}/pic.png`],
    ]);
    expect(JSON.stringify(await service.messages())).not.toContain("s3cr3t");
  });
});
