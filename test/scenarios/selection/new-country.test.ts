import type { SenderInput } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const BRITON = "+447911123457";
const BRITISH = "+447911123456";
const FRENCHWOMAN = "+33612345679";

/** A service with one US number that a Briton, a Frenchwoman and an American have had a message from. */
async function abroad() {
  const world = createWorld({ senders: [SENDER] });
  for (const to of [BRITON, FRENCHWOMAN, PHONE]) await world.service.send({ to, body: "x" });
  return world;
}

describe("when a phone number of a new geographic country is added to your Messaging Service", () => {
  it.each<[string, SenderInput, string]>([
    ["a number", BRITISH, BRITISH],
    ["a short code", { shortCode: "60001", country: "GB" }, "60001"],
  ])("%s takes over the recipients of its country whose mapping points abroad", async (_, added, from) => {
    const { service } = await abroad();
    await service.senders.add(added);
    const message = await service.send({ to: BRITON, body: "x" });
    expect(message.from).toBe(from);
    expect(message.explanation?.steps).toContainEqual(expect.objectContaining({ reason: "STICKY_FOREIGN" }));
    expect(await service.sticky.get(BRITON)).toEqual({ to: BRITON, sender: from });
  });

  it("nobody else moves", async () => {
    const { service } = await abroad();
    await service.senders.add(BRITISH);
    expect((await service.send({ to: FRENCHWOMAN, body: "x" })).from).toBe(SENDER);
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
  });

  it("a sender ID moves nobody", async () => {
    const { service } = await abroad();
    await service.senders.add({ senderId: "ACME" });
    await service.senders.add({ senderId: "ACMEFR", country: "FR" });
    expect((await service.send({ to: BRITON, body: "x" })).from).toBe(SENDER);
    expect((await service.send({ to: FRENCHWOMAN, body: "x" })).from).toBe(SENDER);
    expect((await service.send({ to: "+447911123499", body: "x" })).from).toBe("ACME");
  });

  it("a short code does not take over who has a number of the country", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.sticky.pin(PHONE, SECOND);
    await service.senders.add({ shortCode: "12345", country: "US" });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
    expect((await service.send({ to: "+14155550124", body: "x" })).from).toBe("12345");
  });

  it("a number that cannot carry the message takes over nobody", async () => {
    const { service } = await abroad();
    await service.senders.add({ phoneNumber: "+61491570111", capabilities: ["MMS"] });
    await service.sticky.pin("+61491570199", SENDER);
    expect((await service.send({ to: "+61491570199", body: "x" })).from).toBe(SENDER);
  });

  it("explainChange says before who would move", async () => {
    const { service } = await abroad();
    expect(await service.explainChange({ add: [BRITISH] })).toEqual({
      mappings: 3,
      kept: 2,
      moved: 1,
      stranded: 0,
      moves: [{ from: SENDER, to: BRITISH, count: 1 }],
    });
    expect(await service.explainChange({ add: [{ senderId: "ACME" }] })).toMatchObject({ moved: 0, kept: 3 });
  });
});
