import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER, type World } from "../../support/world.ts";

/** A service whose pair of {@link PHONE} and {@link SENDER} has a conversation. */
async function createTalk(): Promise<World & { readonly sid: string }> {
  const world = createWorld({ inboundHandling: "conversation" });
  await world.carrier.handset(PHONE).text(SENDER, "Hello");
  const [conversation] = await world.service.conversations.list();
  return { ...world, sid: conversation?.sid ?? "" };
}

/** As JavaScript, which no type keeps from it. */
const wrong = (value: unknown): never => value as never;

describe("a closed service", () => {
  it("accepts no reply: nobody would send it", async () => {
    const { service, clock, sid } = await createTalk();
    const closing = service.close({ timeoutMs: 0 });
    const sending = service.conversations.send(sid, { body: "Too late" });
    await expect(sending).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    await clock.advance(1_000);
    await closing;
  });
});

describe("what is written wrong is named", () => {
  it.each([
    ["a field of list", { stat: "active" }, "UNKNOWN_REQUEST_OPTION", /"stat"; did you mean "state"/],
    ["a state of list", { state: "open" }, "INVALID_CONVERSATION", /state/],
    ["a limit of list", { limit: "10" }, "INVALID_OPTION", /"limit"/],
    ["a list that is no object", 20, "INVALID_OPTION", /conversations\.list takes an object/],
  ])("%s", async (_, filter, code, message) => {
    const { service } = await createTalk();
    const listing = service.conversations.list(wrong(filter));
    await expect(listing).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it.each([
    ["a field of messages", { lmit: 1 }, "UNKNOWN_REQUEST_OPTION", /did you mean "limit"/],
    ["a state of messages", { state: "active" }, "UNKNOWN_REQUEST_OPTION", /no field "state"/],
  ])("%s", async (_, filter, code, message) => {
    const { service, sid } = await createTalk();
    const listing = service.conversations.messages(sid, wrong(filter));
    await expect(listing).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it.each([
    ["nothing to find", undefined, "INVALID_OPTION", /conversations\.find takes an object/],
    ["a text to find", PHONE, "INVALID_OPTION", /conversations\.find takes an object/],
    ["a field of find", { address: PHONE, from: SENDER }, "UNKNOWN_REQUEST_OPTION", /no field "from"/],
    ["a sender of find", { address: PHONE, sender: 5 }, "INVALID_OPTION", /"sender" is 5/],
  ])("%s", async (_, pair, code, message) => {
    const { service } = await createTalk();
    const finding = service.conversations.find(wrong(pair));
    await expect(finding).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it("media of a reply", async () => {
    const { service, sid } = await createTalk();
    const sending = service.conversations.send(sid, { body: "Look", mediaUrl: wrong(null) });
    await expect(sending).rejects.toMatchObject({ code: "INVALID_MEDIA_URL" });
  });

  it.each([
    ["a number too large for JSON", 1n],
    ["itself", "itself"],
  ])("attributes that hold %s", async (_, value) => {
    const { service, sid } = await createTalk();
    const attributes: Record<string, unknown> = { value };
    if (value === "itself") attributes.value = attributes;
    const updating = service.conversations.update(sid, { attributes });
    await expect(updating).rejects.toMatchObject({ code: "INVALID_CONVERSATION" });
  });

  it("a field of messages and of alerts", async () => {
    const { service } = await createTalk();
    const code = "UNKNOWN_REQUEST_OPTION";
    await expect(service.messages(wrong({ form: SENDER }))).rejects.toMatchObject({ code });
    await expect(service.alerts.list(wrong({ lvl: "ERROR" }))).rejects.toMatchObject({ code });
  });

  it.each([
    ["to", 14155550123],
    ["from", null],
    ["direction", "inbuond"],
    ["after", "2026-01-01"],
    ["before", new Date("nonsense")],
  ])("%s of messages that is %o", async (field, value) => {
    const { service } = await createTalk();
    const named = { code: "INVALID_OPTION", message: expect.stringContaining(`"${field}"`) as string };
    await expect(service.messages(wrong({ [field]: value }))).rejects.toMatchObject(named);
  });

  it("a message to cancel that is no SID", async () => {
    const { service } = await createTalk();
    const [message] = await service.messages();
    for (const sid of [message, undefined, 5])
      await expect(service.cancel(wrong(sid))).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
  });

  it("times of alerts and of statistics that are none", async () => {
    const { service } = await createTalk();
    const code = "INVALID_OPTION";
    await expect(service.alerts.list(wrong({ after: "2026-01-01" }))).rejects.toMatchObject({ code });
    await expect(service.consent.stats(wrong({ since: 0 }))).rejects.toMatchObject({ code });
  });

  it("fields of pages, of statistics and of a change of the pool", async () => {
    const { service } = await createTalk();
    const code = "UNKNOWN_REQUEST_OPTION";
    await expect(service.consent.page(wrong({ cursor: "x" }))).rejects.toMatchObject({ code });
    await expect(service.sticky.page(wrong({ lmit: 1 }))).rejects.toMatchObject({ code });
    await expect(service.consent.stats(wrong({ from: new Date(0) }))).rejects.toMatchObject({ code });
    await expect(service.explainChange(wrong({ added: [] }))).rejects.toMatchObject({ code });
    await expect(service.consent.page(wrong({ limit: "10" }))).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  });

  it.each([
    [{ folow: false }, "UNKNOWN_REQUEST_OPTION", 'did you mean "follow"?'],
    [{ follow: "no" }, "INVALID_OPTION", '"follow"'],
    [{ signal: {} }, "INVALID_OPTION", '"signal"'],
    [null, "INVALID_OPTION", "changes takes an object"],
  ])("what the feed is asked for: %o", async (options, code, message) => {
    const { service } = await createTalk();
    const named = { code, message: expect.stringContaining(message) as string };
    expect(() => service.changes(wrong(options))).toThrow(expect.objectContaining(named) as Error);
  });

  it("an event that there is none of, and a listener that is none", async () => {
    const { service } = await createTalk();
    const named = { code: "UNKNOWN_OPTION", message: expect.stringContaining('"alert"') as string };
    expect(() => service.on(wrong("alerts"), () => {})).toThrow(expect.objectContaining(named) as Error);
    const noName = {
      code: "INVALID_OPTION",
      message: expect.stringContaining("the name of an event") as string,
    };
    expect(() => service.on(wrong(5), () => {})).toThrow(expect.objectContaining(noName) as Error);
    const none = { code: "INVALID_OPTION", message: expect.stringContaining("a function") as string };
    expect(() => service.on("alert", wrong(undefined))).toThrow(expect.objectContaining(none) as Error);
  });
});
