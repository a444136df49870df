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

  it("an event that there is none of, and a listener that is none", async () => {
    const { service } = await createTalk();
    const named = { code: "UNKNOWN_OPTION", message: expect.stringContaining('"alert"') as string };
    expect(() => service.on(wrong("alerts"), () => {})).toThrow(expect.objectContaining(named) as Error);
    const none = { code: "INVALID_OPTION", message: expect.stringContaining("a function") as string };
    expect(() => service.on("alert", wrong(undefined))).toThrow(expect.objectContaining(none) as Error);
  });
});
