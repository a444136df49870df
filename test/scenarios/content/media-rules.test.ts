import { describe, expect, it } from "vitest";
import { type MediaPage, startMediaSite } from "../../support/media-site.ts";
import { createWorld, PHONE, SENDER } from "../../support/world.ts";

const KIB = 1_024;
const MIB = 1_024 * KIB;
const AGENT = "rcs:acme_agent";
const WHATSAPP = "whatsapp:+14155550101";
const BRITISH = "+447911123456";
const BRITON = "+447911123457";

/** A site with one page, a service that checks, and a send of that page. */
async function withMedia(page: MediaPage, options: Parameters<typeof createWorld>[0] = {}) {
  const site = await startMediaSite({ "/file": page });
  const world = createWorld({ checkMedia: true, allowPrivateHosts: ["127.0.0.1"], ...options });
  const mediaUrl = `${site.origin}/file`;
  const send = (to: string = PHONE, change: object = {}) =>
    world.service.send({ to, body: "Look:", mediaUrl, ...change });
  return { ...world, site, mediaUrl, send };
}

describe("media, whatever is checked", () => {
  const url = (n: number): string => `https://media.example/${n}.png`;

  it("are at most ten: 21623", async () => {
    const { service } = createWorld();
    const mediaUrl = Array.from({ length: 11 }, (_, n) => url(n));
    await expect(service.send({ to: PHONE, mediaUrl })).rejects.toMatchObject({
      code: "TOO_MANY_MEDIA",
      twilioCode: 21623,
    });
    expect((await service.send({ to: PHONE, mediaUrl: mediaUrl.slice(1) })).numMedia).toBe(10);
  });

  it.each([
    "cat.png",
    "//media.example/cat.png",
    "ftp://media.example/cat.png",
    "data:image/png;base64,AAAA",
    "https://",
    "https://user:secret@media.example/cat.png",
    "https://user@media.example/cat.png",
    `https://media.example/${"x".repeat(4_000)}`,
  ])("are absolute, public http(s) URLs: 21620 for %s", async (mediaUrl) => {
    const { service } = createWorld();
    for (const call of [service.send, service.explain]) {
      const refusal = await call({ to: PHONE, mediaUrl }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "INVALID_MEDIA_URL", twilioCode: 21620 });
      expect(String(refusal)).not.toContain("secret");
    }
  });

  it("are not fetched unless the option says so", async () => {
    const { send, service, site } = await withMedia({ type: "image/png", size: 1 }, { checkMedia: false });
    await send();
    expect(site.requests).toEqual([]);
    await service.update({ checkMedia: true });
    await send();
    expect(site.requests).toEqual(["HEAD /file"]);
  });
});

describe("an MMS", () => {
  it.each([
    ["image/jpeg", 5 * MIB],
    ["image/png", 5 * MIB],
    ["image/gif; charset=binary", 5 * MIB],
    ["IMAGE/JPG", 5 * MIB],
    ["image/heic", 500 * KIB],
    ["video/H264", 500 * KIB],
    ["audio/amr", 500 * KIB],
    ["text/vcard; charset=utf-8", 500 * KIB],
    ["application/pdf", 500 * KIB],
  ])("carries %s of up to %d bytes: 11751", async (type, size) => {
    expect((await (await withMedia({ type, size })).send()).kind).toBe("MMS");
    await expect((await withMedia({ type, size: size + 1 })).send()).rejects.toMatchObject({
      code: "MEDIA_TOO_LARGE",
      twilioCode: 11751,
    });
  });

  it.each(["text/html", "image/webp", "application/msword", "image/svg+xml", "application/octet-stream"])(
    "does not carry %s: 12300",
    async (type) => {
      await expect((await withMedia({ type, size: 1 })).send()).rejects.toMatchObject({
        code: "MEDIA_TYPE_NOT_ACCEPTED",
        twilioCode: 12300,
        message: expect.stringContaining(type),
      });
    },
  );

  it("does not carry what has no Content-Type", async () => {
    await expect((await withMedia({ size: 1 })).send()).rejects.toMatchObject({
      code: "MEDIA_TYPE_NOT_ACCEPTED",
      message: expect.stringContaining("has no Content-Type"),
    });
  });

  it("carries 5 MB in all", async () => {
    const picture = { type: "image/png", size: 2 * MIB };
    const site = await startMediaSite({ "/1": picture, "/2": picture, "/3": picture });
    const { service } = createWorld({ checkMedia: true, allowPrivateHosts: ["127.0.0.1"] });
    const mediaUrl = [`${site.origin}/1`, `${site.origin}/2`];
    await service.send({ to: PHONE, mediaUrl });
    await expect(
      service.send({ to: PHONE, mediaUrl: [...mediaUrl, `${site.origin}/3`] }),
    ).rejects.toMatchObject({ code: "MEDIA_TOO_LARGE", message: expect.stringContaining("together") });
  });

  it("goes where the size is not known", async () => {
    expect((await (await withMedia({ type: "image/png" })).send()).status).toBe("queued");
  });
});

describe("an RCS message", () => {
  const rcs = async (page: MediaPage, senders: readonly string[]) => {
    const world = await withMedia(page, { senders });
    world.carrier.handset(PHONE, { rcs: true });
    return world;
  };

  it("carries 16 MB of its types: 11751, 63021", async () => {
    const video = { type: "video/mp4", size: 16 * MIB };
    expect((await (await rcs(video, [AGENT])).send()).kind).toBe("RCS");
    await expect((await rcs({ ...video, size: 16 * MIB + 1 }, [AGENT])).send()).rejects.toMatchObject({
      twilioCode: 11751,
    });
    await expect((await rcs({ type: "text/csv", size: 1 }, [AGENT])).send()).rejects.toMatchObject({
      code: "CHANNEL_MEDIA_NOT_ACCEPTED",
      twilioCode: 63021,
    });
  });

  it("carries what MMS does where it would fall back to that", async () => {
    const picture = { type: "image/png", size: 6 * MIB };
    await expect((await rcs(picture, [AGENT, SENDER])).send()).rejects.toMatchObject({
      code: "MEDIA_TOO_LARGE",
      message: expect.stringContaining("MMS"),
    });
    expect((await (await rcs(picture, [AGENT])).send()).kind).toBe("RCS");
  });
});

describe("a WhatsApp message", () => {
  const whatsapp = async (page: MediaPage) => {
    const world = await withMedia(page, { senders: [WHATSAPP] });
    await world.carrier.handset(`whatsapp:${PHONE}`).text(WHATSAPP, "hi");
    return () => world.send(`whatsapp:${PHONE}`);
  };

  it.each([
    ["video/mp4", 16 * MIB],
    ["application/msword", 16 * MIB],
    ["audio/ogg; codecs=opus", 16 * MIB],
    ["image/webp", 5 * MIB],
    ["image/jpeg", 5 * MIB],
  ])("carries %s of up to %d bytes: 11751", async (type, size) => {
    expect((await (await whatsapp({ type, size }))()).kind).toBe("WHATSAPP");
    await expect((await whatsapp({ type, size: size + 1 }))()).rejects.toMatchObject({ twilioCode: 11751 });
  });

  it("does not carry a page: 63021", async () => {
    await expect((await whatsapp({ type: "text/html", size: 1 }))()).rejects.toMatchObject({
      code: "CHANNEL_MEDIA_NOT_ACCEPTED",
      twilioCode: 63021,
    });
  });
});

describe("an SMS with a link", () => {
  it("leads to files of any type and size that are there", async () => {
    const { send, site } = await withMedia({ type: "text/html", size: 50 * MIB }, { senders: [BRITISH] });
    expect((await send(BRITON)).kind).toBe("SMS");
    expect(site.requests).toEqual(["HEAD /file"]);
  });

  it("and to no other: 21620", async () => {
    const { send } = await withMedia(
      (_, response) => {
        response.writeHead(404).end();
      },
      { senders: [BRITISH] },
    );
    await expect(send(BRITON)).rejects.toMatchObject({ code: "MEDIA_UNREACHABLE", twilioCode: 21620 });
  });
});

describe("the check", () => {
  it.each([405, 501, 403, 404])("asks by GET where HEAD is answered %d, and reads no body", async (head) => {
    const { send, site } = await withMedia({ type: "image/png", size: 5 * MIB, head });
    await send();
    expect(site.requests).toEqual(["HEAD /file", "GET /file"]);
    expect(site.sent).toBeLessThan(5 * MIB);
    const big = await withMedia({ type: "image/png", size: 50 * MIB, head });
    await expect(big.send()).rejects.toMatchObject({ code: "MEDIA_TOO_LARGE" });
  });

  it("refuses what both answer otherwise, naming the URL and the answer", async () => {
    const { send, mediaUrl, site } = await withMedia((_, response) => {
      response.writeHead(410).end();
    });
    await expect(send()).rejects.toMatchObject({
      code: "MEDIA_UNREACHABLE",
      message: expect.stringContaining(`${mediaUrl} answered 410.`),
    });
    expect(site.requests).toEqual(["HEAD /file", "GET /file"]);
  });

  it("follows five redirects, and no more", async () => {
    const to =
      (path: string): MediaPage =>
      (_, response) => {
        response.writeHead(302, { location: path }).end();
      };
    const hops = (count: number): Record<string, MediaPage> =>
      Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`/${n}`, to(n + 1 === count ? "/end" : `/${n + 1}`)]),
      );
    const site = await startMediaSite({
      ...hops(6),
      "/end": { type: "image/png", size: 1 },
      "/ftp": to("ftp://media.example/cat.png"),
    });
    const { service } = createWorld({ checkMedia: true, allowPrivateHosts: ["127.0.0.1"] });
    const send = (path: string) => service.send({ to: PHONE, mediaUrl: `${site.origin}${path}` });
    await send("/1");
    await expect(send("/0")).rejects.toThrow("redirected more than 5 times");
    await expect(send("/ftp")).rejects.toThrow("redirected to what is no http(s) URL");
  });

  it("never calls a private address, by its number, its name or a redirect, unless it is allowed", async () => {
    const site = await startMediaSite({ "/secret": { type: "image/png", size: 1 } });
    const { port } = new URL(site.origin);
    const { service } = createWorld({ checkMedia: true });
    for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254"]) {
      await expect(
        service.send({ to: PHONE, mediaUrl: `http://${host}:${port}/secret` }),
      ).rejects.toMatchObject({
        code: "MEDIA_UNREACHABLE",
        message: expect.stringContaining("is at no public address"),
      });
    }
    expect(site.requests).toEqual([]);

    const open = await withMedia((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.2:${port}/secret` }).end();
    });
    await expect(open.send()).rejects.toThrow("is at no public address");
    expect(site.requests).toEqual([]);
  });

  it("waits five seconds for a server, in all", async () => {
    const { send, clock, site } = await withMedia(() => {});
    const sending = send();
    const refused = expect(sending).rejects.toMatchObject({ code: "MEDIA_UNREACHABLE" });
    while (site.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_000);
    await refused;
  });

  it("says so where nobody listens", async () => {
    const { service } = createWorld({ checkMedia: true, allowPrivateHosts: ["127.0.0.1"] });
    await expect(service.send({ to: PHONE, mediaUrl: "http://127.0.0.1:9/cat.png" })).rejects.toThrow(
      "refused the connection",
    );
  });

  it("asks once a minute for one URL, however many are sent at once", async () => {
    const { send, site, clock } = await withMedia({ type: "image/png", size: 1 });
    await Promise.all(Array.from({ length: 20 }, (_, n) => send(`+1415555${1_000 + n}`)));
    await send();
    expect(site.requests).toHaveLength(1);
    await clock.advance(60_000);
    await send();
    expect(site.requests).toHaveLength(2);
  });

  it("asks anew after a failure", async () => {
    let status = 500;
    const { send } = await withMedia((_, response) => {
      response.writeHead(status, { "content-type": "image/png" }).end();
    });
    await expect(send()).rejects.toThrow("answered 500");
    status = 200;
    expect((await send()).kind).toBe("MMS");
  });

  it("stores nothing of what it refuses, and with refusals as statuses fails it a moment later", async () => {
    const { send, service, clock, message } = await withMedia({ type: "text/html", size: 1 });
    await expect(send()).rejects.toThrow();
    expect(await service.messages()).toHaveLength(0);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    const { sid, status } = await send(PHONE, { refusals: "status" });
    expect(status).toBe("accepted");
    await clock.advance(1_000);
    expect(await message(sid)).toMatchObject({ status: "failed", errorCode: 12300 });
  });

  it("is no part of explain, which fetches nothing", async () => {
    const { service, mediaUrl, site } = await withMedia({ type: "text/html", size: 1 });
    expect((await service.explain({ to: PHONE, mediaUrl })).refusal).toBeNull();
    expect(site.requests).toEqual([]);
  });

  it("ends with the service", async () => {
    const { send, service, clock, site } = await withMedia(() => {});
    const refused = expect(send()).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    while (site.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const closing = service.close({ timeoutMs: 0 });
    await clock.advance(100);
    await closing;
    await refused;
  });
});
