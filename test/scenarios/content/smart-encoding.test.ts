import { lint, segment, smartEncode } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { SMART_ENCODING_TABLE } from "../../../packages/core/src/encoding/smart-table.ts";
import { createWorld, PHONE, SENDER } from "../../support/world.ts";

/** What the page names: a smart quote, a long dash, a Unicode whitespace. */
const SLIPPED_IN = ["〞", "—", "\u2003"];

describe("Smart Encoding detects hidden Unicode characters and replaces them with a similar GSM-encoded character", () => {
  it.each([
    ["〞", '"'],
    ["—", "-"],
    ["\u2003", " "],
    ["’", "'"],
    ["…", "..."],
    ["\u200b", ""],
  ])("%j by %j, on the way to the phone", async (character, replacement) => {
    const { service, carrier, clock } = createWorld();
    const sent = await service.send({ to: PHONE, body: `a${character}b` });
    expect(sent).toMatchObject({ body: `a${replacement}b`, encoding: "GSM-7" });
    await clock.advance(1_000);
    expect(carrier.handset(PHONE).inbox[0]?.body).toBe(`a${replacement}b`);
  });

  it("all 271 of the published list, and each into GSM-7", () => {
    const characters = SMART_ENCODING_TABLE.flatMap(([, each]) => [...each]);
    expect(new Set(characters).size).toBe(271);
    for (const character of characters) {
      expect(segment(`x${character}`).encoding, character).toBe("UCS-2");
      expect(segment(smartEncode(`x${character}`)).encoding, character).toBe("GSM-7");
    }
  });
});

describe("this helps ensure that your message gets segmented at 160 characters and saves you from sending two message segments", () => {
  it("160 characters with one that slipped in are one segment, and 161 are two", async () => {
    const { service } = createWorld();
    const body = `“${"x".repeat(159)}`;
    expect(await service.explain({ to: PHONE, body })).toMatchObject({ numSegments: 1, encoding: "GSM-7" });
    expect(await service.explain({ to: PHONE, body: `${body}x` })).toMatchObject({ numSegments: 2 });
    expect(lint(body)).toMatchObject({ before: { numSegments: 3 }, after: { numSegments: 1 }, saved: 2 });
  });
});

describe("sometimes a Unicode character accidentally slips into your carefully crafted 125-character message", () => {
  it.each(SLIPPED_IN)("%j: two messages instead of one, unless Smart Encoding is on", async (character) => {
    const body = `${"x".repeat(62)}${character}${"x".repeat(62)}`;
    expect(body).toHaveLength(125);
    const { service } = createWorld();
    expect(await service.send({ to: PHONE, body })).toMatchObject({ numSegments: 1 });
    await service.update({ smartEncoding: false });
    expect(await service.send({ to: PHONE, body })).toMatchObject({
      numSegments: 2,
      encoding: "UCS-2",
      body,
    });
    expect(lint(body).characters).toEqual([
      expect.objectContaining({ character, position: 62, reason: "ucs-2" }),
    ]);
  });
});

describe("when Unicode characters are used, they must be encoded as UCS-2: the message is split between the 70th and 71st characters", () => {
  it("70 are one segment, 71 two", async () => {
    const { service } = createWorld({ smartEncoding: false });
    const numSegments = async (body: string) => (await service.explain({ to: PHONE, body })).numSegments;
    expect(await numSegments(`—${"x".repeat(69)}`)).toBe(1);
    expect(await numSegments(`—${"x".repeat(70)}`)).toBe(2);
  });
});

describe("Smart Encoding does not transliterate messages that contain emoji or character-based languages", () => {
  it.each(["😱", "안녕하세요", "日本語", "नमस्ते", "привет"])(
    "“%s” leaves as it is, quotes and all",
    async (text) => {
      const { service } = createWorld();
      const body = `“${text}”`;
      const plan = await service.explain({ to: PHONE, body });
      expect(plan).toMatchObject({ body, encoding: "UCS-2" });
      expect((await service.send({ to: PHONE, body })).body).toBe(body);
      expect(lint(body)).toMatchObject({ encoded: body, saved: 0 });
    },
  );
});

describe("you can enable or disable the Smart Encoding feature for SMS messages", () => {
  const body = "“Hi”";

  it("on unless told otherwise; for a service, live; for one message", async () => {
    const { service } = createWorld();
    expect(service.settings.smartEncoding).toBe(true);
    expect((await service.send({ to: PHONE, body })).body).toBe('"Hi"');
    expect((await service.send({ to: PHONE, body, smartEncoded: false })).body).toBe(body);
    await service.update({ smartEncoding: false });
    expect((await service.send({ to: PHONE, body })).body).toBe(body);
    expect((await service.send({ to: PHONE, body, smartEncoded: true })).body).toBe('"Hi"');
    await expect(
      service.send({ to: PHONE, body, smartEncoded: "yes" as unknown as boolean }),
    ).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  it("for a scheduled message as it was asked for, though the service changes meanwhile", async () => {
    const { service, clock, carrier } = createWorld();
    await service.send({ to: PHONE, body, sendAt: new Date(clock.now() + 600_000) });
    await service.update({ smartEncoding: false });
    await clock.advance(601_000);
    expect(carrier.handset(PHONE).inbox[0]?.body).toBe('"Hi"');
  });

  it("supported for SMS, not for WhatsApp, and not for MMS or RCS, which leave whole", async () => {
    const whatsapp = createWorld({ senders: ["whatsapp:+14155550101"] });
    await whatsapp.carrier.handset(`whatsapp:${PHONE}`).text("whatsapp:+14155550101", "hi");
    expect(await whatsapp.service.send({ to: `whatsapp:${PHONE}`, body })).toMatchObject({
      body,
      encoding: null,
    });
    const { service } = createWorld({ senders: [SENDER] });
    const mediaUrl = "https://media.example/cat.png";
    expect(await service.send({ to: PHONE, body, mediaUrl })).toMatchObject({ kind: "MMS", body });
    const rcs = createWorld({ senders: ["rcs:acme_agent"] });
    rcs.carrier.handset(PHONE, { rcs: true });
    expect(await rcs.service.send({ to: `rcs:${PHONE}`, body })).toMatchObject({ kind: "RCS", body });
  });
});
