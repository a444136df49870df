import { createCarrier } from "@messaging-service/simulator";
import { expect, it } from "vitest";
import { createMessagingService, silentLogger } from "@messaging-service/core";

it("sends, delivers and answers", async () => {
  const carrier = createCarrier();
  const service = createMessagingService({ provider: carrier.provider, senders: ["+14155550100", "+12125550100"], logger: silentLogger, optOut: { brand: "Acme" },
    webhook: async (m, { reply }) => { await reply(`You said ${m.body}`); } });
  carrier.connect(service);
  const phone = carrier.handset("+14155550123");
  const seen: string[] = [];
  service.on("status", (m) => seen.push(m.status));
  const m = await service.send({ to: phone.number, body: "Hello" });
  await carrier.settled();
  expect(seen).toEqual(["sent", "delivered"]);
  expect((await service.message(m.sid))?.status).toBe("delivered");
  expect(phone.inbox.map((x) => x.body)).toEqual(["Hello"]);
  const r = await phone.text("+14155550100", "hi there");
  expect(r.status).toBe(200);
  expect(phone.inbox.at(-1)?.body).toBe("You said hi there");
  await phone.text("+14155550100", "STOP");
  await expect(service.send({ to: phone.number, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
  await phone.text("+14155550100", "START");
  await service.close();
  await carrier.close();
});
