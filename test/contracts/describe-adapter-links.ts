import { type LinkClick, systemClock } from "@messaging-service/core";
import supertest, { type Test } from "supertest";
import { describe, expect, it } from "vitest";
import { type AdapterHarness, createWorld, type World, type WorldPlan } from "./adapter-world.ts";

const BRITON = "+447911123457";
const PICTURE = "https://media.example/cat.png?a=1&b=2";
const PHONE_BROWSER =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const DAY = 86_400_000;

/** A service whose recipients have no MMS, and the time it has. */
async function createLinks(
  harness: AdapterHarness,
  { options, ...plan }: WorldPlan = {},
): Promise<World & { turn(ms: number): void }> {
  let ahead = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + ahead };
  const senders = ["+447911123456"];
  const world = await createWorld(harness, { ...plan, options: { senders, clock, ...options } });
  return Object.assign(world, {
    turn(ms: number) {
      ahead += ms;
    },
  });
}

/** Sends media, and gives the link that the message carries instead. */
async function linkOf({ service }: World, mediaUrl: string | readonly string[] = PICTURE): Promise<URL> {
  const { body } = await service.send({ to: BRITON, body: "Look:", mediaUrl });
  return new URL(body.slice("Look: ".length));
}

function open({ server }: World, path: string, method: "get" | "head" = "get"): Test {
  return supertest(server)[method](path).redirects(0).set("user-agent", PHONE_BROWSER);
}

/** The links of the MMS converter, as a phone opens them. */
export function describeAdapterLinks(harness: AdapterHarness): void {
  describe("links of the MMS converter", () => {
    it("lead to the media, by GET and by HEAD", async () => {
      const world = await createLinks(harness);
      const link = await linkOf(world);
      expect(link.href).toMatch(/^https:\/\/app\.example\/messaging\/m\/[0-9a-z]{7}$/);
      for (const method of ["get", "head"] as const) {
        const answer = await open(world, link.pathname, method).expect(302);
        expect(answer.headers).toMatchObject({ location: PICTURE, "cache-control": "no-store" });
        expect(answer.text ?? "").toBe("");
      }
    });

    it("lead to media whose URL is no ASCII", async () => {
      const world = await createLinks(harness);
      const { pathname } = await linkOf(world, "https://media.example/猫 1.png");
      const { headers } = await open(world, pathname).expect(302);
      expect(headers.location).toBe("https://media.example/%E7%8C%AB%201.png");
    });

    it("lead nowhere else, whatever the request says", async () => {
      const world = await createLinks(harness);
      const { pathname } = await linkOf(world);
      const answer = await open(world, `${pathname}?url=https://evil.example&to=x`)
        .set("x-forwarded-host", "evil.example")
        .expect(302);
      expect(answer.headers.location).toBe(PICTURE);
      await open(world, `${pathname}/https://evil.example`).expect(404);
    });

    it("are a page where there are several media, without a body for HEAD", async () => {
      const world = await createLinks(harness);
      const link = await linkOf(world, [PICTURE, 'https://media.example/"><script>.png']);
      const page = await open(world, link.pathname).expect(200);
      expect(page.headers["content-type"]).toMatch(/^text\/html; charset=utf-8$/);
      expect(page.headers).toMatchObject({
        "content-security-policy": "default-src 'none'",
        "cache-control": "no-store",
      });
      expect(page.text).toContain('<a href="https://media.example/cat.png?a=1&amp;b=2">1</a>');
      expect(page.text).toContain('<a href="https://media.example/%22%3E%3Cscript%3E.png">2</a>');
      const head = await open(world, link.pathname, "head").expect(200);
      expect(head.text ?? "").toBe("");
      expect(head.headers["content-type"]).toBe(page.headers["content-type"]);
    });

    it("are answered 404 where there is none, and 410 when it has expired", async () => {
      const world = await createLinks(harness);
      const { pathname } = await linkOf(world);
      const unknown = await open(world, "/messaging/m/0000000").expect(404);
      expect(unknown.text).toContain("no such link");
      expect((await open(world, "/messaging/m/0000000", "head").expect(404)).text ?? "").toBe("");
      world.turn(365 * DAY - 60_000);
      await open(world, pathname).expect(302);
      world.turn(60_000);
      expect((await open(world, pathname).expect(410)).text).toContain("has expired");
      world.turn(91 * DAY);
      await open(world, pathname).expect(404);
    });

    it("are not to be found by trying: 20 unknown ones, then 429 with Retry-After", async () => {
      const world = await createLinks(harness);
      const { pathname } = await linkOf(world);
      for (let n = 0; n < 20; n++) await open(world, `/messaging/m/000000${n.toString(36)}`).expect(404);
      const refused = await open(world, "/messaging/m/zzzzzzz").expect(429);
      expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
      expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(3);
      // A guess that is right looks like any other.
      await open(world, pathname).expect(429);
      world.turn(3_000);
      await open(world, pathname).expect(302);
    });

    it("are served as often as they are asked for", async () => {
      const world = await createLinks(harness);
      const { pathname } = await linkOf(world);
      for (let n = 0; n < 30; n++) await open(world, pathname).expect(302);
    });

    it.each([
      ["a person's browser", "get", { "user-agent": PHONE_BROWSER }, "click"],
      ["a HEAD", "head", { "user-agent": PHONE_BROWSER }, "preview"],
      ["a prefetch", "get", { "user-agent": PHONE_BROWSER, "sec-purpose": "prefetch;prerender" }, "preview"],
      ["a prefetch of old", "get", { "user-agent": PHONE_BROWSER, purpose: "prefetch" }, "preview"],
      ["WhatsApp's preview", "get", { "user-agent": "WhatsApp/2.24.6.77 A" }, "preview"],
      [
        "iMessage's preview",
        "get",
        {
          "user-agent":
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        },
        "preview",
      ],
      ["a script", "get", { "user-agent": "curl/8.5.0" }, "preview"],
      ["a client without a name", "get", { "user-agent": "" }, "preview"],
    ] as const)("tell of %s", async (_, method, headers, type) => {
      const world = await createLinks(harness);
      const clicks: LinkClick[] = [];
      world.service.on("click", (click) => clicks.push(click));
      const link = await linkOf(world);
      await supertest(world.server)[method](link.pathname).redirects(0).set(headers).expect(302);
      await new Promise((resolve) => setImmediate(resolve));
      const [message] = await world.service.messages();
      expect(clicks).toEqual([
        {
          type,
          sid: message?.sid,
          messagingServiceSid: world.service.sid,
          to: BRITON,
          from: "+447911123456",
          link: link.href,
          mediaUrl: [PICTURE],
          at: expect.any(Date),
          userAgent: expect.any(String),
        },
      ]);
      if (headers["user-agent"] !== "") expect(clicks[0]?.userAgent).toBe(headers["user-agent"]);
    });

    it("lead to the media although a listener throws", async () => {
      const world = await createLinks(harness);
      world.service.on("click", () => {
        throw new Error("a listener's own");
      });
      await open(world, (await linkOf(world)).pathname).expect(302);
      await new Promise((resolve) => setImmediate(resolve));
      expect(world.log.join()).toContain("a listener's own");
    });

    it("have a domain of their own, and leave the rest of it alone", async () => {
      const world = await createLinks(harness, {
        options: { linkUrl: "https://go.example.com" },
        route: async ({ url }) => ({ body: `the app's ${url}` }),
      });
      const link = await linkOf(world);
      expect(link.href).toMatch(/^https:\/\/go\.example\.com\/[0-9a-z]{7}$/);
      const at = (path: string, host: string): Test => open(world, path).set("host", host);
      expect((await at(link.pathname, "go.example.com").expect(302)).headers.location).toBe(PICTURE);
      expect((await at(`${link.pathname}?x=1`, "GO.example.com:443").expect(302)).headers.location).toBe(
        PICTURE,
      );
      await at("/0000000", "go.example.com").expect(404);
      expect((await at(link.pathname, "app.example").expect(200)).text).toBe(`the app's ${link.pathname}`);
      expect((await at("/about-us", "go.example.com").expect(200)).text).toBe("the app's /about-us");
      expect((await at("/", "go.example.com").expect(200)).text).toBe("the app's /");
      // The code alone says which link it is: under the path it is served as well.
      await at(`/messaging/m${link.pathname}`, "app.example").expect(302);
    });
  });
}
