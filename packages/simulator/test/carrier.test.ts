import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { createCarrier } from "../src/index.ts";
import { PERSON, post, realCarrier, SENDER, virtualCarrier } from "./support/carrier.ts";
import { webhookServer } from "./support/webhook-server.ts";

const send = (carrier: ReturnType<typeof createCarrier>, body: string, mediaUrl: string[] = []) =>
  carrier.provider.send({
    sid: `SM-${body}`,
    from: SENDER,
    to: PERSON,
    kind: "SMS",
    body,
    mediaUrl,
    validityPeriod: 60,
  });

describe("createCarrier", () => {
  it("is one account in every process", () => {
    const [one, two] = [realCarrier(), realCarrier()];
    expect(one.accountSid).toMatch(/^AC[0-9a-f]{32}$/);
    expect([two.accountSid, two.authToken]).toEqual([one.accountSid, one.authToken]);
  });

  it.each([
    [{ accountSid: "AC1" }, "INVALID_OPTION"],
    [{ authToken: "" }, "INVALID_OPTION"],
    [{ deliveryDelayMs: -1 }, "INVALID_OPTION"],
    [{ latencyMs: Number.NaN }, "INVALID_OPTION"],
    [{ numbers: ["not a sender!"] }, "INVALID_OPTION"],
    [{ webhookUrl: "/relative" }, "INVALID_OPTION"],
    [{ delay: 5 } as object, "UNKNOWN_OPTION"],
  ])("refuses %o with %s", (options, code) => {
    expect(() => createCarrier(options)).toThrow(expect.objectContaining({ code }));
  });

  it("posts texts to webhookUrl", async () => {
    const hook = await webhookServer();
    const { carrier } = virtualCarrier({ webhookUrl: hook.url, webhookMethod: "GET" });
    await carrier.handset(PERSON).text(SENDER, "hi");
    expect(hook.hits).toMatchObject([{ method: "GET", parameters: { Body: "hi" } }]);
  });

  it("gives no receipts where the network has none", async () => {
    const { carrier, clock } = virtualCarrier({ receipts: false });
    await send(carrier, "x");
    await clock.advance(1000);
    expect(carrier.messages[0]?.status).toBe("sent");
    expect(carrier.handset(PERSON).inbox).toHaveLength(1);
  });

  it("delivers at once with a delay of 0", async () => {
    const { carrier, clock } = virtualCarrier({ deliveryDelayMs: 0 });
    await send(carrier, "x");
    await clock.advance(0);
    expect(carrier.messages[0]?.status).toBe("delivered");
  });

  it("counts segments as they are billed", async () => {
    const { carrier } = virtualCarrier();
    const bodies: [string, number][] = [
      ["x".repeat(160), 1],
      ["x".repeat(161), 2],
      [`${"x".repeat(152)}€${"x".repeat(152)}`, 3],
      ["€".repeat(81), 2],
      ["Я".repeat(70), 1],
      [`${"Я".repeat(66)}😀${"Я".repeat(66)}`, 3],
      ["😀".repeat(67), 3],
    ];
    for (const [body] of bodies) await send(carrier, body);
    expect(carrier.messages.map(({ numSegments }) => numSegments)).toEqual(bodies.map(([, count]) => count));
  });
});

describe("a handset", () => {
  it("is the same one every time, and gets what came before it was asked for", async () => {
    const { carrier, clock } = virtualCarrier();
    await send(carrier, "early");
    await clock.advance(100);
    expect(carrier.handset(PERSON).inbox).toBe(carrier.handset(PERSON).inbox);
    expect(carrier.handset(PERSON).inbox).toMatchObject([{ body: "early" }]);
  });

  it("waits for the n-th text or the first that fits, there already or to come", async () => {
    const carrier = realCarrier();
    const phone = carrier.handset(PERSON);
    const second = phone.waitFor(2);
    const fitting = phone.waitFor(({ body }) => body === "two");
    await send(carrier, "one");
    await send(carrier, "two");
    expect((await second).sid).toBe((await fitting).sid);
    expect((await phone.waitFor(1)).body).toBe("one");
  });

  it("stops waiting when the time is over or the carrier closes", async () => {
    const carrier = realCarrier();
    const phone = carrier.handset(PERSON);
    await expect(phone.waitFor(1, { timeoutMs: 1 })).rejects.toThrow("in 1 ms");
    const waiting = expect(phone.waitFor(1)).rejects.toThrow("before the carrier closed");
    await carrier.close();
    await waiting;
    await expect(phone.waitFor(1)).rejects.toThrow("before the carrier closed");
  });

  it("without SMS or MMS leaves the message undelivered", async () => {
    const { carrier, clock } = virtualCarrier();
    const phone = carrier.handset(PERSON, { capabilities: ["SMS"] });
    await send(carrier, "text");
    await send(carrier, "picture", ["https://example.com/a.png"]);
    carrier.handset("+14155550124", { capabilities: [] });
    await carrier.provider.send({
      sid: "SM1",
      from: SENDER,
      to: "+14155550124",
      kind: "SMS",
      body: "x",
      mediaUrl: [],
      validityPeriod: 60,
    });
    await clock.advance(100);
    expect(carrier.messages.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ["delivered", null],
      ["undelivered", 30011],
      ["undelivered", 30006],
    ]);
    expect(phone.inbox).toHaveLength(1);
  });

  it("names its network to lookupCarrier", async () => {
    const { carrier } = virtualCarrier();
    carrier.handset(PERSON, { carrier: "T-Mobile" });
    expect(await carrier.lookupCarrier(PERSON)).toBe("T-Mobile");
    expect(await carrier.lookupCarrier("+14155550199")).toBeUndefined();
  });

  it("needs a number", () => {
    const { carrier } = virtualCarrier();
    expect(() => carrier.handset("no number!")).toThrow(
      expect.objectContaining({ code: "INVALID_RECIPIENT" }),
    );
  });
});

describe("settled", () => {
  it("resolves when every message is at its last status and its callbacks are answered", async () => {
    const carrier = realCarrier();
    const hook = await webhookServer();
    await carrier.settled();
    for (const body of ["1", "2", "3"])
      await carrier.provider.send({
        sid: `SM${body}`,
        from: SENDER,
        to: PERSON,
        kind: "SMS",
        body,
        mediaUrl: [],
        validityPeriod: 60,
        statusCallback: hook.url,
      });
    await carrier.settled();
    expect(carrier.messages.map(({ status }) => status)).toEqual(["delivered", "delivered", "delivered"]);
    expect(hook.hits).toHaveLength(6);
    expect(carrier.messages.flatMap(({ callbacks }) => callbacks.map((each) => each.responseStatus))).toEqual(
      Array(6).fill(200),
    );
  });
});

describe("close", () => {
  it("ends timers, calls under way and the server at once", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer(() => undefined);
    carrier.setInboundWebhook(hook.url);
    const text = carrier.handset(PERSON).text(SENDER, "hi");
    await post(carrier, url, { To: PERSON, From: SENDER, Body: "x" });
    await carrier.close();
    await carrier.close();
    expect(await text).toMatchObject({ status: 0 });
    expect(clock.pending).toBe(0);
    await expect(post(carrier, url, { To: PERSON, From: SENDER, Body: "x" })).rejects.toThrow("fetch failed");
    await carrier.settled();
    expect(carrier.messages[0]?.status).toBe("queued");
  });

  it("breaks a connection that hangs", async () => {
    const carrier = realCarrier();
    const { port } = await carrier.listen();
    carrier.outcome({ hang: true, accepted: true });
    const credentials = Buffer.from(`${carrier.accountSid}:${carrier.authToken}`).toString("base64");
    const form = new URLSearchParams({ To: PERSON, From: SENDER, Body: "x" }).toString();
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.write(
      `POST /2010-04-01/Accounts/${carrier.accountSid}/Messages.json HTTP/1.1\r\nHost: carrier\r\n` +
        `Authorization: Basic ${credentials}\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
    );
    await carrier.handset(PERSON).waitFor(1);
    await carrier.close();
    await ended;
    expect(socket.bytesRead).toBe(0);
    await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("takes nothing afterwards", async () => {
    const { carrier } = virtualCarrier();
    await carrier.close();
    expect(await send(carrier, "x")).toMatchObject({ outcome: "not-sent" });
    await expect(carrier.handset(PERSON).text(SENDER, "hi")).rejects.toMatchObject({
      code: "SERVICE_CLOSED",
    });
    await expect(carrier.listen()).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    expect(carrier.messages).toEqual([]);
  });

  it("leaves no server behind that was about to listen", async () => {
    const { carrier } = virtualCarrier();
    const listening = carrier.listen();
    await carrier.close();
    await expect(listening).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
  });

  it("rejects a listen on a port that is taken", async () => {
    const { carrier } = virtualCarrier();
    const { port } = await carrier.listen();
    await expect(carrier.listen({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
