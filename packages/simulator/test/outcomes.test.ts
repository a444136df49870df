import { describe, expect, it } from "vitest";
import type { OutcomeRule } from "../src/index.ts";
import { PERSON, post, SENDER, virtualCarrier } from "./support/carrier.ts";
import { type Hit, webhookServer } from "./support/webhook-server.ts";

const message = { To: PERSON, From: SENDER, Body: "hello" };
const statuses = (hits: readonly Hit[]): (string | undefined)[] =>
  hits.map(({ parameters }) => parameters.MessageStatus);

/** Sends one message under a rule, lets it run its course, and tells what was seen. */
async function run(rule: OutcomeRule) {
  const { carrier, clock } = virtualCarrier();
  const { url } = await carrier.listen();
  const hook = await webhookServer();
  carrier.outcome(rule);
  const response = await post(carrier, url, { ...message, StatusCallback: hook.url });
  await clock.advance(60_000);
  return { carrier, clock, hook, response, inbox: carrier.handset(PERSON).inbox, sent: carrier.messages[0] };
}

describe("outcomes at submission", () => {
  it("refuse: HTTP 400 with the code", async () => {
    const { response, carrier } = await run({ refuse: 21610 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 21610, status: 400 });
    expect(carrier.messages).toEqual([]);
  });

  it("throttle: 429 with Retry-After", async () => {
    const { response, carrier } = await run({ throttle: 7 });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await response.json()).toMatchObject({ code: 20429 });
    expect(carrier.messages).toEqual([]);
  });

  it("serverError: that status, and nothing taken", async () => {
    const { response, inbox } = await run({ serverError: 503 });
    expect(response.status).toBe(503);
    expect(inbox).toEqual([]);
  });

  it("serverError with accepted: the message arrives all the same", async () => {
    const { response, inbox, hook } = await run({ serverError: 500, accepted: true });
    expect(response.status).toBe(500);
    expect(inbox.map(({ body }) => body)).toEqual(["hello"]);
    expect(statuses(hook.hits)).toEqual(["sent", "delivered"]);
  });

  it("reset: the connection breaks", async () => {
    await expect(run({ reset: true })).rejects.toThrow("fetch failed");
  });

  it("hang: no answer until the carrier closes", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    carrier.outcome({ hang: true });
    let over = false;
    const response = post(carrier, url, message).finally(() => {
      over = true;
    });
    const failure = expect(response).rejects.toThrow("fetch failed");
    await clock.advance(60_000);
    expect(over).toBe(false);
    await carrier.close();
    await failure;
  });

  it("latencyMs: a late answer", async () => {
    const { carrier, clock } = virtualCarrier();
    carrier.outcome({ latencyMs: 500 });
    let answered = false;
    const result = carrier.provider
      .send({
        sid: "SM1",
        from: SENDER,
        to: PERSON,
        kind: "SMS",
        body: "x",
        mediaUrl: [],
        validityPeriod: 60,
      })
      .finally(() => {
        answered = true;
      });
    await clock.advance(499);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(await result).toMatchObject({ outcome: "accepted" });
  });
});

describe("outcomes on the way", () => {
  it("fail: failed with the ErrorCode, and no text", async () => {
    const { hook, inbox, sent } = await run({ fail: 30007 });
    expect(statuses(hook.hits)).toEqual(["failed"]);
    expect(hook.hits[0]?.parameters.ErrorCode).toBe("30007");
    expect(sent).toMatchObject({ status: "failed", errorCode: 30007, dateSent: null });
    expect(inbox).toEqual([]);
  });

  it("undelivered: sent, then undelivered with the ErrorCode", async () => {
    const { hook, inbox } = await run({ undelivered: 30003 });
    expect(statuses(hook.hits)).toEqual(["sent", "undelivered"]);
    expect(hook.hits[1]?.parameters).toMatchObject({ ErrorCode: "30003", RawDlrDoneDate: "2601011200" });
    expect(inbox).toEqual([]);
  });

  it("receipt false: stays sent, and the phone has it", async () => {
    const { hook, inbox, sent } = await run({ receipt: false });
    expect(statuses(hook.hits)).toEqual(["sent"]);
    expect(sent?.status).toBe("sent");
    expect(inbox).toHaveLength(1);
  });

  it("path: any statuses at any distance", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    carrier.outcome({
      path: [{ status: "sent", afterMs: 1000 }, { status: "delivered", afterMs: 5000 }, { status: "read" }],
    });
    await post(carrier, url, message);
    const seen: string[] = [];
    for (const ms of [999, 1, 4999, 1, 10]) {
      await clock.advance(ms);
      seen.push(carrier.messages[0]?.status ?? "");
    }
    expect(seen).toEqual(["queued", "sent", "sent", "delivered", "read"]);
    expect(carrier.handset(PERSON).inbox).toHaveLength(1);
  });

  it("delays: sent and delivered when the rule says", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    carrier.outcome({ sentDelayMs: 100, deliveryDelayMs: 300 });
    await post(carrier, url, message);
    await clock.advance(99);
    expect(carrier.messages[0]?.status).toBe("sending");
    await clock.advance(200);
    expect(carrier.messages[0]?.status).toBe("sent");
    await clock.advance(1);
    expect(carrier.messages[0]?.status).toBe("delivered");
  });
});

describe("outcomes of callbacks", () => {
  it("duplicateCallbacks: each again, with the same token", async () => {
    const { hook } = await run({ duplicateCallbacks: 2 });
    expect(statuses(hook.hits)).toEqual(["sent", "sent", "sent", "delivered", "delivered", "delivered"]);
    const tokens = hook.hits.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(new Set(tokens).size).toBe(2);
  });

  it("callbackOrder reversed: the last status first", async () => {
    const { hook } = await run({ callbackOrder: "reversed" });
    expect(statuses(hook.hits)).toEqual(["delivered", "sent"]);
  });

  it("callbacks false: none", async () => {
    const { hook, sent } = await run({ callbacks: false });
    expect(hook.hits).toEqual([]);
    expect(sent?.status).toBe("delivered");
  });
});

describe("which rule steers", () => {
  const codes = async (rules: OutcomeRule[], submissions: Partial<typeof message>[]) => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    for (const rule of rules) carrier.outcome(rule);
    const answers: (number | undefined)[] = [];
    for (const fields of submissions) {
      const answer = (await (await post(carrier, url, { ...message, ...fields })).json()) as {
        code?: number;
      };
      answers.push(answer.code);
    }
    return answers;
  };

  it("one whose to, from and body all match, by text or expression", async () => {
    expect(
      await codes(
        [{ match: { to: PERSON, from: /0100$/, body: /^hel+o$/g }, refuse: 30001 }],
        [{}, {}, { To: "+14155550199" }, { From: "+14155550101" }, { Body: "bye" }],
      ),
    ).toEqual([30001, 30001, undefined, undefined, undefined]);
  });

  it("the n-th match only", async () => {
    expect(
      await codes(
        [{ match: { body: "x", nth: [2, 4] }, refuse: 30001 }],
        [{ Body: "x" }, { Body: "y" }, { Body: "x" }, { Body: "x" }, { Body: "x" }],
      ),
    ).toEqual([undefined, undefined, 30001, undefined, 30001]);
  });

  it("as many times as it says", async () => {
    expect(await codes([{ times: 2, refuse: 30001 }], [{}, {}, {}])).toEqual([30001, 30001, undefined]);
  });

  it("the one added last", async () => {
    expect(
      await codes([{ refuse: 30001 }, { match: { body: "x" }, refuse: 30002 }], [{ Body: "x" }, {}]),
    ).toEqual([30002, 30001]);
  });

  it("until it is taken back", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const takeBack = carrier.outcome({ refuse: 30001 });
    expect((await post(carrier, url, message)).status).toBe(400);
    takeBack();
    takeBack();
    expect((await post(carrier, url, message)).status).toBe(201);
  });

  it("refuses a rule with two answers", () => {
    const { carrier } = virtualCarrier();
    expect(() => carrier.outcome({ refuse: 21610, hang: true })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
    expect(() => carrier.outcome({ serverError: 404 })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });
});
