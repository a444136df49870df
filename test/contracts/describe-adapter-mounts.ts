import { describe, expect, it } from "vitest";
import {
  type AdapterHarness,
  createService,
  createWorld,
  FORM,
  get,
  inbound,
  type Mount,
  ORIGIN,
  post,
  SENDER,
  send,
  sendForm,
  sign,
  type WorldPlan,
} from "./adapter-world.ts";

interface Place {
  readonly title: string;
  readonly mount: Mount;
  readonly path: string;
  readonly inbound: string;
  readonly status: string;
}

const PLACES: readonly Place[] = [
  place("on the whole app", "app", "/messaging", "/messaging"),
  place("on a path that its own path begins with", "path", "/api/messaging", "/api/messaging"),
  place("on a path, its own path counted from there", "path", "/messaging", "/api/messaging"),
  place("on a router", "router", "/messaging", "/messaging"),
  {
    title: "as handlers of routes",
    mount: "handlers",
    path: "/messaging",
    inbound: "/sms",
    status: "/receipts",
  },
];

function place(title: string, mount: Mount, path: string, at: string): Place {
  return { title, mount, path, inbound: `${at}/inbound`, status: `${at}/status` };
}

/** Wherever it is mounted, behind whichever parser, bytes in any pieces: the same answers. */
export function describeAdapterMounts(harness: AdapterHarness): void {
  const fronts = [undefined, ...Object.keys(harness.parsers)];
  const places = PLACES.filter(
    ({ path, inbound: at, mount }) => mount === "handlers" || at.startsWith(path) || harness.stripsMountPath,
  );

  describe.each(places)("mounted $title", ({ mount, path, inbound: at, status }) => {
    describe.each(fronts)("behind parser %s", (front) => {
      const plan = (more: WorldPlan = {}): WorldPlan => ({
        mount,
        front,
        ...more,
        options: { path, ...more.options },
      });

      it("answers what the webhook replies", async () => {
        const webhook: NonNullable<WorldPlan["options"]>["webhook"] = (message, { reply }) =>
          reply(`Got ${message.body}`);
        const world = await createWorld(harness, plan({ options: { webhook } }));
        const message = inbound({ Body: "a  +b&c=é" });
        const answer = await post(world, at, message).expect(200);
        expect(answer.text).toContain(">Got a  +b&amp;c=é</Message>");
        expect((await post(world, at, message)).text).toBe(answer.text);
        const other = inbound({ Body: "by GET" });
        expect((await get(world, at, other).expect(200)).text).toContain("Got by GET");
        const bytewise = await sendForm(world, at, inbound({ Body: "byte by byte ✓" }));
        expect(bytewise).toMatchObject({ status: 200, text: expect.stringContaining("byte by byte ✓") });
      });

      it("hands the message to the next route", async () => {
        const world = await createWorld(
          harness,
          plan({
            async route({ messaging }) {
              await messaging?.reply(`Route got ${messaging.message.body}`);
              return undefined;
            },
          }),
        );
        expect((await post(world, at, inbound()).expect(200)).text).toContain("Route got hi");
        expect((await sendForm(world, at, inbound())).text).toContain("Route got hi");
      });

      it("takes a status callback", async () => {
        const world = await createWorld(harness, plan());
        const receipt = { MessageSid: "SM1", MessageStatus: "some-new-word" };
        await post(world, status, receipt).expect(200);
      });

      it("refuses a forged signature", async () => {
        const world = await createWorld(harness, plan());
        const headers = { "content-type": FORM, "x-twilio-signature": sign(at, { Body: "other" }) };
        expect(await send(world, at, headers, ["Body=x"])).toMatchObject({ status: 403 });
      });
    });
  });

  describe("several services in one app", () => {
    const says = (word: string): NonNullable<WorldPlan["options"]>["webhook"] => {
      return (_, { reply }) => reply(word);
    };

    it("answer each on its own path", async () => {
      const second = createService({ name: "second", path: "/second", webhook: says("second") });
      const world = await createWorld(harness, { options: { webhook: says("first") }, others: [second] });
      expect((await post(world, "/messaging/inbound", inbound())).text).toContain("first");
      expect((await post(world, "/second/inbound", inbound())).text).toContain("second");
    });

    it.each(["webhook", "route"])("answer each for its own senders on one path, by %s", async (by) => {
      const other = "+12125550100";
      const webhook = (word: string) => (by === "webhook" ? says(word) : undefined);
      const second = createService({ name: "second", senders: [other], webhook: webhook("second") });
      const world = await createWorld(harness, {
        options: { webhook: webhook("first") },
        others: [second],
        async route({ messaging }) {
          await messaging?.reply(messaging.message.to === SENDER ? "first" : "second");
          return messaging === undefined ? { body: "nobody's" } : undefined;
        },
      });
      const at = "/messaging/inbound";
      expect((await post(world, at, inbound())).text).toContain("first");
      expect((await post(world, at, inbound({ To: other }))).text).toContain("second");
      expect((await sendForm(world, at, inbound({ To: other }))).text).toContain("second");
      expect((await post(world, at, inbound({ To: "+12125550199" }))).text).toBe("nobody's");
    });

    it("hand a message on once although one is mounted twice", async () => {
      const service = createService({});
      let runs = 0;
      const world = await createWorld(harness, {
        others: [service, service],
        options: { path: "/elsewhere" },
        async route() {
          runs++;
          return { body: "once" };
        },
      });
      expect((await post(world, "/messaging/inbound", inbound()).expect(200)).text).toBe("once");
      expect(runs).toBe(1);
    });
  });

  it("trusts publicUrl and no forwarding header", async () => {
    const world = await createWorld(harness, { options: { webhook: () => {} } });
    const message = inbound();
    await post(world, "/messaging/inbound", message)
      .set("host", "internal:3000")
      .set("x-forwarded-host", "other.example")
      .set("x-forwarded-proto", "http")
      .expect(200);
    const evil = inbound();
    await post(world, "/messaging/inbound", evil)
      .set("x-forwarded-host", "evil.example")
      .set("x-twilio-signature", sign("/messaging/inbound", evil, "https://evil.example"))
      .expect(403);
    expect(world.log.join()).toContain("https://evil.example".slice(8));
  });

  it("goes by the request's own host without publicUrl", async () => {
    const world = await createWorld(harness, { options: { webhook: () => {}, publicUrl: undefined } });
    const message = inbound();
    await post(world, "/messaging/inbound", message)
      .set("host", "app.example")
      .set("x-twilio-signature", sign("/messaging/inbound", message, "http://app.example"))
      .expect(200);
    await post(world, "/messaging/inbound", inbound()).set("host", "app.example").expect(403);
    expect(ORIGIN).toMatch(/^https/);
  });
}
