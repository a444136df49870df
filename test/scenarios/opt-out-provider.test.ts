import { twilio } from "@messaging-service/providers/twilio";
import type { Carrier, CarrierOptions } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { collect, createWorld, PHONE, SENDER, type WorldOptions } from "../support/world.ts";

const MINUTE = 60_000;
const TOLL_FREE = "+18885550100";
const SHORT_CODE = "12345";
const BRITISH = "+447700900100";
const WHATSAPP = "whatsapp:+14155550101";

/** The real twilio provider at the simulated carrier's webhooks. Its sends are answered with `refusal`, or accepted. */
function atTwilio(
  optOutHandling: "default" | "advanced" | "off" | undefined,
  { refusal, ...options }: WorldOptions & { readonly refusal?: number } = {},
) {
  const sent: URLSearchParams[] = [];
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    sent.push(new URLSearchParams(String(init?.body)));
    return refusal === undefined
      ? Response.json(
          { sid: `SM${String(sent.length).padStart(32, "0")}`, status: "queued" },
          { status: 201 },
        )
      : Response.json({ code: refusal, message: "refused", status: 400 }, { status: 400 });
  };
  const carrier: CarrierOptions = {
    ...(optOutHandling === "off" ? {} : { optOutHandling: optOutHandling ?? "default" }),
  };
  const world = createWorld({
    store: "memory",
    senders: [SENDER, TOLL_FREE, { shortCode: SHORT_CODE, country: "US" }, BRITISH, WHATSAPP],
    carrier,
    ...options,
    wrap: (provider: Carrier["provider"]) =>
      twilio({
        accountSid: provider.accountSid ?? "",
        authToken: provider.signingToken ?? "",
        name: "simulator",
        ...(optOutHandling !== undefined && { optOutHandling }),
        fetch,
      }),
  });
  return { ...world, sent };
}

describe("twilio() with its default handling, which says nothing,", () => {
  it.each([
    ["a long code", SENDER],
    ["a toll-free number", TOLL_FREE],
  ])("is not answered a second time on %s", async (_kind, to) => {
    const { service, carrier, clock } = atTwilio(undefined);
    const phone = carrier.handset(PHONE);
    for (const [word, status] of [
      ["Stop", "opted-out"],
      ["HELP", "opted-out"],
      ["start", "opted-in"],
      ["info", "opted-in"],
      ["QUIT", "opted-out"],
      ["unstop", "opted-in"],
    ] as const) {
      const result = await phone.text(to, word);
      expect(result, word).toMatchObject({ status: 200, replies: [] });
      expect(await service.consent.get(PHONE), word).toMatchObject({ status });
      await clock.advance(MINUTE);
    }
    // All of them the carrier's own.
    expect(phone.inbox.map(({ body }) => body.includes("Acme"))).toEqual([false, false, false, false, false]);
  });

  it("leaves to us what is no word of its own", async () => {
    const { service, carrier } = atTwilio("default");
    const phone = carrier.handset(PHONE);
    const result = await phone.text(SENDER, "opt-out");
    expect(result.replies).toHaveLength(1);
    expect(phone.inbox).toHaveLength(1);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
  });

  it("leaves to us the senders that it does not answer for", async () => {
    const { carrier } = atTwilio("default", { carrier: { optOutHandling: "none" } });
    for (const [from, to] of [
      ["+14155550141", SHORT_CODE],
      ["+447700900142", BRITISH],
      ["whatsapp:+14155550143", WHATSAPP],
    ] as const)
      expect((await carrier.handset(from).text(to, "STOP")).replies, to).toHaveLength(1);
  });
});

describe("twilio() with Advanced Opt-Out, which says what it answered,", () => {
  it("is not answered a second time", async () => {
    const { service, carrier, clock } = atTwilio("advanced");
    const phone = carrier.handset(PHONE);
    for (const [word, status] of [
      ["STOP", "opted-out"],
      ["HELP", "opted-out"],
      ["START", "opted-in"],
    ] as const) {
      expect((await phone.text(SENDER, word)).replies, word).toHaveLength(0);
      expect(await service.consent.get(PHONE), word).toMatchObject({ status });
      await clock.advance(MINUTE);
    }
    // HELP is not answered to who is opted out.
    expect(phone.inbox).toHaveLength(2);
  });

  it("is believed where the word is none of ours, in whatever language", async () => {
    const { service, carrier } = atTwilio("advanced", { carrier: { optOutHandling: "none" } });
    const phone = carrier.handset(PHONE);
    expect((await phone.text(SENDER, "  pare já ", { optOutType: "STOP" })).replies).toHaveLength(0);
    const [event] = await collect(service.consent.history(PHONE));
    expect(event).toMatchObject({ status: "opted-out", keyword: "pare já", source: "keyword" });
    expect(event?.reply).toBeUndefined();
  });
});

describe("YES from somebody who is not opted out", () => {
  it.each([
    ["and was answered by the provider is told as what it was taken for", undefined, ["START"]],
    ["and was not answered is the application's", false, [null]],
  ] as const)("%s", async (_name, answeredByProvider, types) => {
    const heard: (string | null)[] = [];
    const { service, carrier } = createWorld({
      webhook: async ({ optOutType }, { reply }) => {
        heard.push(optOutType);
        await reply("Booked!").catch(() => {});
      },
      wrap: (provider) => ({
        ...provider,
        webhook: {
          ...provider.webhook,
          parseInbound: (request) =>
            provider.webhook
              .parseInbound(request)
              .map((event) => ({ ...event, optOutType: "START" as const, answeredByProvider })),
        },
      }),
    });
    const { replies } = await carrier.handset(PHONE).text(SENDER, "Yes");
    expect(heard).toEqual(types);
    expect(replies.map(({ body }) => body)).toEqual(types[0] === null ? ["Booked!"] : []);
    expect((await service.consent.get(PHONE)).status).toBe(types[0] === null ? "unknown" : "opted-in");
  });
});

describe("twilio() with opt-out handling off", () => {
  it("leaves every answer to us", async () => {
    const { carrier, clock } = atTwilio("off");
    const phone = carrier.handset(PHONE);
    for (const word of ["STOP", "START", "HELP"]) {
      expect((await phone.text(SENDER, word)).replies, word).toHaveLength(1);
      await clock.advance(MINUTE);
    }
    expect(phone.inbox).toHaveLength(3);
  });

  it("leaves STOP, START and UNSTOP to the toll-free network, which no other word satisfies", async () => {
    const { service, carrier, clock } = atTwilio("off");
    const heard: string[] = [];
    service.on("received", ({ body }) => heard.push(body));
    const phone = carrier.handset(PHONE);
    const say = async (word: string): Promise<unknown> => {
      await clock.advance(MINUTE);
      const { replies } = await phone.text(TOLL_FREE, word);
      return [replies.length, (await service.consent.get(PHONE)).status];
    };
    expect(await say("STOP")).toEqual([0, "opted-out"]);
    expect(await say("YES")).toEqual([0, "opted-out"]);
    expect(heard, "YES is an ordinary word there").toEqual(["YES"]);
    expect(await say("HELP")).toEqual([0, "opted-out"]);
    expect(await say("START")).toEqual([0, "opted-in"]);
    expect(await say("HELP")).toEqual([1, "opted-in"]);
    expect(await say("CANCEL")).toEqual([1, "opted-out"]);
    expect(await say("UNSTOP")).toEqual([0, "opted-in"]);
  });
});

describe("any provider", () => {
  it("that names a keyword's type has answered it, unless it says that it has not", async () => {
    for (const [answeredByProvider, replies] of [
      [undefined, 0],
      [true, 0],
      [false, 1],
    ] as const) {
      const { carrier } = createWorld({
        wrap: (provider) => ({
          ...provider,
          webhook: {
            ...provider.webhook,
            parseInbound: (request) =>
              provider.webhook
                .parseInbound(request)
                .map((event) => ({ ...event, optOutType: "STOP" as const, answeredByProvider })),
          },
        }),
      });
      expect((await carrier.handset(PHONE).text(SENDER, "STOP")).replies).toHaveLength(replies);
    }
  });

  it("that refuses because the person opted out is believed: the next send does not reach it", async () => {
    const { service, clock, sent, message } = atTwilio("default", { refusal: 21610 });
    const { sid } = await service.send({ to: PHONE, from: SENDER, body: "x", tags: { campaign: "spring" } });
    await clock.advance(1_000);
    expect(await message(sid)).toMatchObject({ status: "failed", error: "OPTED_OUT", errorCode: 21610 });
    expect(sent).toHaveLength(1);
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({
      code: "OPTED_OUT",
      twilioCode: 21610,
    });
    expect(sent).toHaveLength(1);
    expect(await collect(service.consent.history(PHONE))).toMatchObject([
      { status: "opted-out", source: "provider", messageSid: sid, sender: SENDER, campaign: "spring" },
    ]);
    const feed = await collect(service.changes({ follow: false }));
    expect(feed).toContainEqual(
      expect.objectContaining({ type: "opt-out", address: PHONE, source: "provider" }),
    );
  });

  it("that says so in a receipt is believed too, once", async () => {
    const { service, carrier, clock } = createWorld();
    carrier.outcome({ fail: 21610, duplicateCallbacks: 3 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(MINUTE);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out", source: "provider" });
    expect(await collect(service.consent.history(PHONE))).toMatchObject([{ messageSid: sid }]);
    // Their own START lifts it.
    await carrier.handset(PHONE).text(SENDER, "START");
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-in" });
  });
});
