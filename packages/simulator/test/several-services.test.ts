import { createMessagingService, type MessagingService, silentLogger } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { PERSON, SENDER, virtualCarrier } from "./support/carrier.ts";

const OTHER = "+12125550100";

/** Two services of one account, that answer under their names. */
function twoServices() {
  const { carrier, clock } = virtualCarrier();
  const create = (name: string, sender: string): MessagingService =>
    createMessagingService({
      name,
      provider: carrier.provider,
      senders: [sender],
      path: `/${name}`,
      publicUrl: `https://${name}.example`,
      webhook: async (_message, { reply }) => void (await reply(name)),
      logger: silentLogger,
      clock,
    });
  const [one, two] = [create("one", SENDER), create("two", OTHER)];
  const text = async (to: string): Promise<(string | undefined)[]> => {
    const result = carrier.handset(PERSON).text(to, "hi");
    await clock.advance(1_000);
    return (await result).replies.map(({ body }) => body);
  };
  const send = async (service: MessagingService): Promise<string | undefined> => {
    const { sid } = await service.send({ to: PERSON, body: "hello" });
    await clock.advance(2_000);
    return (await service.message(sid))?.status;
  };
  return { carrier, one, two, text, send };
}

describe("several services on one carrier", () => {
  it("have the texts and receipts of the senders they name", async () => {
    const { carrier, one, two, text, send } = twoServices();
    carrier.connect(one, { path: "/one", senders: [SENDER] });
    carrier.connect(two, { path: "/two", senders: [OTHER] });
    expect([await text(SENDER), await text(OTHER)]).toEqual([["one"], ["two"]]);
    expect([await send(one), await send(two)]).toEqual(["delivered", "delivered"]);
    expect(await text("+13125550100")).toEqual([]);
  });

  it("may be one for some senders and one for all others, in any order", async () => {
    const { carrier, one, two, text, send } = twoServices();
    const disconnect = carrier.connect(two, { path: "/two", senders: [OTHER] });
    carrier.connect(one, { path: "/one" });
    expect([await text(SENDER), await text(OTHER)]).toEqual([["one"], ["two"]]);
    expect([await send(one), await send(two)]).toEqual(["delivered", "delivered"]);
    disconnect();
    expect([await text(SENDER), await text(OTHER)]).toEqual([["one"], []]);
  });

  it("take each other's place at the same senders", async () => {
    const { carrier, one, two, text } = twoServices();
    const disconnect = carrier.connect(one, { path: "/one" });
    carrier.connect(two, { path: "/two" });
    disconnect();
    expect([await text(SENDER), await text(OTHER)]).toEqual([[], ["two"]]);
  });
});
