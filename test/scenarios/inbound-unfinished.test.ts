import { memoryStore, type Store, systemClock } from "@messaging-service/core";
import type { VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { type SiteRequest, startSite, twiml } from "../support/webhook-site.ts";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;

/** A promise to settle by hand. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe("a slow webhook", () => {
  it("gets a bounded number of calls, and holds up no other sender, not even on the same host", async () => {
    const late = gate();
    let open = 0;
    let most = 0;
    const site = await startSite({
      "/slow": async () => {
        most = Math.max(most, ++open);
        await late.passed;
        open--;
        return { status: 204 };
      },
      "/quick": (request: SiteRequest) => twiml(`got ${request.parameters.Body}`),
    });
    const { carrier } = createWorld({
      clock: real,
      respondWithin: 20,
      senders: [
        { phoneNumber: SENDER, webhook: { url: `${site.origin}/slow` } },
        { phoneNumber: SECOND, webhook: { url: `${site.origin}/quick` } },
      ],
    });
    const flood = Array.from({ length: 200 }, (_, n) =>
      carrier.handset(`+1415556${String(n).padStart(4, "0")}`).text(SENDER, "hi"),
    );
    expect((await Promise.all(flood)).map(({ status }) => status)).toEqual(Array(200).fill(200));
    await expect.poll(() => open).toBe(64);
    const phone = carrier.handset(PHONE);
    await phone.text(SECOND, "hi");
    expect((await phone.waitFor(1)).body).toBe("got hi");
    expect(site.requests.filter(({ url }) => url === "/slow")).toHaveLength(64);
    late.open();
    await expect.poll(() => site.requests.filter(({ url }) => url === "/slow").length).toBe(200);
    expect(most).toBe(64);
  });
});

describe("a service that ends while its webhook is at work", () => {
  /** Outlives the services on it. */
  function lasting(): Store {
    const { close: _, ...store } = memoryStore();
    return store;
  }

  it.each(["hi", "STOP"])(
    "has it called again by the next one, with the same token, for %j",
    async (body) => {
      const store = lasting();
      const late = gate();
      const site = await startSite({ "/sms": () => late.passed.then(() => twiml("once")) });
      const options = {
        clock: real,
        store,
        respondWithin: 20,
        heartbeatMs: 50,
        webhook: { url: `${site.origin}/sms` },
      };
      const first = createWorld(options);
      await first.carrier.handset(PHONE).text(SENDER, body);
      await expect.poll(() => site.requests.length).toBe(1);
      await first.service.close({ timeoutMs: 0 });
      expect(first.service.unfinished).toBe(1);
      expect((await first.service.alerts.list().catch(() => [])).map(({ code }) => code)).toEqual([]);

      late.open();
      const second = createWorld(options);
      await second.service.ready();
      await expect.poll(() => site.requests.length, { timeout: 5_000 }).toBe(2);
      const tokens = site.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
      expect(new Set(tokens).size).toBe(1);
      expect(site.requests.map(({ parameters }) => parameters.OptOutType)).toEqual(
        Array(2).fill(body === "STOP" ? "STOP" : undefined),
      );
      const phone = second.carrier.handset(PHONE);
      if (body === "hi") expect((await phone.waitFor(1)).body).toBe("once");
      await second.carrier.settled();
      expect(phone.inbox).toHaveLength(body === "hi" ? 1 : 0);
      const listed = await second.service.messages({ direction: "inbound" });
      expect(listed.map((message) => message.body)).toEqual([body]);
      expect(site.requests).toHaveLength(2);
    },
  );
});
