import { memoryStore, type OptOutOptions } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const MINUTE = 60_000;
const CANADIAN = "+14165550123";
const MEXICAN = "+525587654321";

/** What each text is answered, and whether it came through to the application. */
async function talk(optOut: OptOutOptions, from: string, words: readonly string[]): Promise<string[]> {
  const heard: string[] = [];
  const { carrier, clock } = createWorld({
    optOut: { brand: "Acme", ...optOut },
    webhook: (message) => void (message.optOutType === null && heard.push(message.body)),
  });
  const phone = carrier.handset(from);
  const said: string[] = [];
  for (const word of words) {
    const { replies } = await phone.text(SENDER, word);
    said.push(heard.pop() === undefined ? (replies[0]?.body ?? "silence") : "application");
    await clock.advance(MINUTE);
  }
  return said;
}

const STOPPED = expect.stringMatching(/^Acme: You are unsubscribed/) as string;
const STARTED = expect.stringMatching(/^Acme: You are subscribed/) as string;
const HELPED = expect.stringMatching(/^Acme: Reply STOP to unsubscribe/) as string;

describe("words", () => {
  it("that are ordinary replies too act on someone who is opted out, else go to the application", async () => {
    expect(await talk({}, PHONE, ["YES", "STOP", "Yes.", "yes"])).toEqual([
      "application",
      STOPPED,
      STARTED,
      "application",
    ]);
  });

  it("can be left to the application", async () => {
    const keywords = { remove: ["CANCEL", "END", "YES"] };
    expect(await talk({ keywords }, PHONE, ["CANCEL", "end", "STOP", "yes"])).toEqual([
      "application",
      "application",
      STOPPED,
      "application",
    ]);
  });

  it("are answered in their own language, in the country of the person", async () => {
    const optOut: OptOutOptions = {
      countries: { MX: { languages: { es: true } } },
      supportContact: "800-555-0199",
    };
    expect(await talk(optOut, MEXICAN, ["¡BAJA!", "ayuda"])).toEqual([
      expect.stringContaining("Baja confirmada"),
      "silence",
    ]);
    expect(await talk(optOut, PHONE, ["BAJA"])).toEqual(["application"]);
    expect(await talk({ languages: { es: true } }, PHONE, ["baja"])).toEqual([
      expect.stringContaining("Baja confirmada"),
    ]);
  });

  it("of Canada are answered in their language, subscriber or not, every time", async () => {
    const said = await talk({ supportContact: "800-555-0199" }, CANADIAN, ["ARRÊT", "aide", "HELP", "stop"]);
    expect(said).toEqual([
      expect.stringContaining("Désabonnement confirmé"),
      expect.stringContaining("Pour obtenir de l'aide"),
      expect.stringContaining("For help contact"),
      expect.stringContaining("You are unsubscribed"),
    ]);
  });
});

describe("countryFallback", () => {
  const countries = { MX: { languages: { es: { stop: ["BAJA"] } } } };
  it("true, the default, lets a country's set fall through to the standard words", async () => {
    expect(await talk({ countries }, MEXICAN, ["QUIT"])).toEqual([STOPPED]);
  });

  it("false keeps to the country's set and the reserved words", async () => {
    const said = await talk({ countries, countryFallback: false }, MEXICAN, ["QUIT", "STOP", "BAJA"]);
    expect(said).toEqual(["application", STOPPED, "silence"]);
  });
});

describe("helpWhenOptedOut", () => {
  it("false, the default, leaves HELP of someone opted out unanswered", async () => {
    expect(await talk({}, PHONE, ["HELP", "STOP", "HELP"])).toEqual([HELPED, STOPPED, "silence"]);
  });

  it("true answers it", async () => {
    expect(await talk({ helpWhenOptedOut: true }, PHONE, ["STOP", "HELP"])).toEqual([STOPPED, HELPED]);
  });
});

describe("startWhenNotOptedOut", () => {
  it.each([
    ["confirm", STARTED],
    ["silent", "silence"],
    ["pass", "application"],
    [undefined, STARTED],
  ] as const)("%s", async (startWhenNotOptedOut, said) => {
    expect(await talk({ startWhenNotOptedOut }, PHONE, ["START", "STOP", "START"])).toEqual([
      said,
      STOPPED,
      STARTED,
    ]);
  });
});

describe("onRepeatedStop", () => {
  it("silent, the default, confirms one revocation once", async () => {
    expect(await talk({}, PHONE, ["STOP", "STOP", "QUIT", "START", "STOP"])).toEqual([
      STOPPED,
      "silence",
      "silence",
      STARTED,
      STOPPED,
    ]);
  });

  it("confirm answers each", async () => {
    expect(await talk({ onRepeatedStop: "confirm" }, PHONE, ["STOP", "STOP"])).toEqual([STOPPED, STOPPED]);
  });
});

describe("scope", () => {
  const pair = (scope: OptOutOptions["scope"]) => {
    const shared = { clock: createVirtualClock(), store: memoryStore(), optOut: { brand: "Acme", scope } };
    return [
      createWorld({ ...shared, name: "one", senders: [SENDER, SECOND] }),
      createWorld({ ...shared, name: "two", senders: [SENDER, SECOND] }),
    ] as const;
  };
  const refused = { code: "OPTED_OUT" };

  it.each(["service", undefined] as const)(
    "%s binds every sender of this service, and no other",
    async (scope) => {
      const [one, two] = pair(scope);
      await one.carrier.handset(PHONE).text(SENDER, "STOP");
      for (const from of [SENDER, SECOND])
        await expect(one.service.send({ to: PHONE, from, body: "x" })).rejects.toMatchObject(refused);
      expect((await two.service.send({ to: PHONE, body: "x" })).status).toBe("queued");
    },
  );

  it("sender binds the sender that was texted", async () => {
    const [one] = pair("sender");
    await one.carrier.handset(PHONE).text(SENDER, "STOP");
    await expect(one.service.send({ to: PHONE, from: SENDER, body: "x" })).rejects.toMatchObject(refused);
    expect((await one.service.send({ to: PHONE, from: SECOND, body: "x" })).status).toBe("queued");
    await one.clock.advance(MINUTE);
    await one.carrier.handset(PHONE).text(SECOND, "START");
    await expect(one.service.send({ to: PHONE, from: SENDER, body: "x" })).rejects.toMatchObject(refused);
  });

  it("account binds every service, and START at any of them lifts it", async () => {
    const [one, two] = pair("account");
    await one.carrier.handset(PHONE).text(SENDER, "STOP");
    await expect(two.service.send({ to: PHONE, body: "x" })).rejects.toMatchObject(refused);
    await one.clock.advance(MINUTE);
    await two.carrier.handset(PHONE).text(SENDER, "START");
    expect((await one.service.send({ to: PHONE, body: "x" })).status).toBe("queued");
  });

  it("is a rule of reading: what was said before it changed counts by the new one", async () => {
    const { service, carrier } = createWorld({ senders: [SENDER, SECOND], optOut: { scope: "sender" } });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await service.update({ optOut: { scope: "service" } });
    await expect(service.send({ to: PHONE, from: SECOND, body: "x" })).rejects.toMatchObject(refused);
  });
});

describe("categories", () => {
  it("all end with a STOP unless the policy exempts one by name", async () => {
    const { service, carrier, clock, message } = createWorld({
      optOut: { exemptCategories: ["transactional"] },
    });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    const exempt = await service.send({ to: PHONE, body: "Your code is 42.", category: "transactional" });
    await clock.advance(MINUTE);
    expect(await message(exempt.sid)).toMatchObject({ status: "delivered" });
    for (const category of ["marketing", undefined])
      await expect(service.send({ to: PHONE, body: "x", category })).rejects.toMatchObject({
        code: "OPTED_OUT",
      });
  });

  it("that nobody exempted are ended, transactional too", async () => {
    const { service, carrier } = createWorld();
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await expect(service.send({ to: PHONE, body: "x", category: "transactional" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
  });

  it("can be opted in to one by one after a STOP, and the next STOP ends them again", async () => {
    const { service, carrier, clock } = createWorld();
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP");
    await clock.advance(MINUTE);
    await service.consent.set(PHONE, { status: "opted-in", source: "website", category: "alerts" });
    expect((await service.send({ to: PHONE, body: "x", category: "alerts" })).status).toBe("queued");
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    await clock.advance(MINUTE);
    await phone.text(SENDER, "STOP");
    await expect(service.send({ to: PHONE, body: "x", category: "alerts" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
  });
});

describe("one person", () => {
  it.each([
    ["+5215587654321", "+525587654321"],
    ["+5491123456789", "+541123456789"],
    ["+447911123456", "+4407911123456"],
  ])("is one under every form of their number: %s, %s", async (said, sentTo) => {
    const { service, carrier } = createWorld();
    await carrier.handset(said).text(SENDER, "STOP");
    await expect(service.send({ to: sentTo, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    expect(await service.consent.get(sentTo)).toMatchObject({ status: "opted-out" });
  });
});

describe("keywords changed while the service runs", () => {
  it("are in force for the next message, here and in another process on the store", async () => {
    const shared = { clock: createVirtualClock(), store: memoryStore(), refreshMs: 3_600_000 };
    const [one, two] = [createWorld(shared), createWorld(shared)];
    await two.carrier.handset(MEXICAN).text(SENDER, "BAJA");
    expect(await two.service.consent.get(MEXICAN)).toMatchObject({ status: "unknown" });
    await one.service.update({ optOut: { brand: "Acme", languages: { es: true } } });
    const said = await two.carrier.handset(MEXICAN).text(SENDER, "BAJA");
    expect(said.replies[0]?.body).toContain("Baja confirmada");
    expect(await two.service.consent.get(MEXICAN)).toMatchObject({ status: "opted-out" });
  });

  it("that are wrong are refused by name, and nothing changes", async () => {
    const { service, carrier } = createWorld();
    for (const [optOut, named] of [
      [{ keywords: { stop: ["BASTA", "basta!"] } }, "basta!"],
      [{ keywords: { stop: ["BASTA"], help: ["Basta"] } }, "Basta"],
      [{ keywords: { stop: ["X".repeat(35)] } }, "34"],
      [{ keywords: { replies: { stop: "x".repeat(321) } } }, "320"],
      [{ languages: { eo: {} } }, "eo"],
      [{ keywords: { remove: ["STOP"] } }, "STOP"],
      [{ countries: { MX: { languages: { es: { stop: ["BAJA"] }, en: { stop: ["Baja"] } } } } }, "MX"],
    ] as const)
      await expect(service.update({ optOut }), named).rejects.toMatchObject({
        code: "INVALID_KEYWORD",
        message: expect.stringContaining(named) as string,
      });
    expect((await carrier.handset(PHONE).text(SENDER, "STOP")).replies).toHaveLength(1);
  });
});
