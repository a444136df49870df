import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

const MINUTE = 60_000;

describe("the loop guard (14107)", () => {
  /** Texts that often, `gapMs` apart, at a webhook that answers each; how many were answered. */
  async function exchange(count: number, gapMs: number, from = PHONE) {
    const codes: (number | null)[] = [];
    const world = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 100 }],
      webhook: async (_, { reply }) => {
        await reply("again").catch((error) => codes.push(error.twilioCode));
      },
    });
    const phone = world.carrier.handset(from);
    let answered = 0;
    for (let n = 0; n < count; n++) {
      if (n > 0) await world.clock.advance(gapMs);
      answered += (await phone.text(SENDER, `${n}`)).replies.length;
    }
    return { ...world, phone, answered, codes };
  }

  it("cuts two machines off that answer each other, with one alert", async () => {
    const { answered, codes, service } = await exchange(40, 500);
    expect(answered).toBe(15);
    expect(codes).toEqual(Array(25).fill(14107));
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(["REPLY_LOOP"]);
    expect(await service.messages({ direction: "outbound-reply", limit: 100 })).toHaveLength(15);
  });

  it("lets go after 30 seconds", async () => {
    const { phone, clock } = await exchange(20, 500);
    await clock.advance(27_500);
    expect((await phone.text(SENDER, "still cut")).replies).toHaveLength(0);
    await clock.advance(1_000);
    expect((await phone.text(SENDER, "free")).replies).toHaveLength(1);
  });

  it("leaves people alone who write every half minute", async () => {
    const { answered, codes } = await exchange(40, 30_000);
    expect(answered).toBe(40);
    expect(codes).toEqual([]);
  });

  it("counts per pair: a webhook that writes to many people is no loop", async () => {
    const { carrier, clock } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 100 }],
      webhook: async (_, { reply }) => {
        for (let n = 10; n < 40; n++) await reply({ body: "news", to: `+141555501${n}` });
      },
    });
    await carrier.handset(PHONE).text(SENDER, "tell everybody");
    await clock.advance(MINUTE);
    expect(carrier.messages.filter(({ body }) => body === "news")).toHaveLength(30);
  });
});
