import { systemClock } from "@messaging-service/core";
import type { VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { type SiteAnswer, startSite, type WebhookSite } from "../support/webhook-site.ts";
import { createWorld, PHONE, SECOND, SENDER, type World, type WorldOptions } from "../support/world.ts";

/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;
const OTHER_PHONE = "+14155550124";

interface Answered extends World {
  readonly site: WebhookSite;
  /** Texts in the HTTP answer. */
  readonly replies: readonly string[];
  /** Warnings logged about TwiML. */
  readonly warnings: readonly string[];
}

/** Texts a service whose webhook answers `/sms` with that document. */
async function answer(
  document: string | SiteAnswer,
  pages: Readonly<Record<string, SiteAnswer>> = {},
  options: WorldOptions = {},
): Promise<Answered> {
  const page = typeof document === "string" ? { body: document } : document;
  const site = await startSite({ "/sms": page, "/done": { status: 204 }, ...pages });
  const warnings: string[] = [];
  const world = createWorld({
    clock: real,
    senders: [{ phoneNumber: SENDER, throughput: 100 }, SECOND],
    webhook: { url: `${site.origin}/sms` },
    logger: { debug() {}, info() {}, warn: (text) => void warnings.push(text), error() {} },
    ...options,
  });
  const { status, replies, errorCode } = await world.carrier.handset(PHONE).text(SENDER, "hi");
  expect({ status, errorCode }).toEqual({ status: 200, errorCode: null });
  return { ...world, site, replies: replies.map(({ body }) => body), warnings };
}

function messages(count: number): string {
  return Array.from({ length: count }, (_, n) => `<Message>${n + 1}</Message>`).join("");
}

describe("a TwiML answer", () => {
  it("replies to somebody else, or from another sender", async () => {
    const { carrier, replies, site } = await answer(
      `<Response><Message to="${OTHER_PHONE}" statusCallback="/done">to</Message><Message from="${SECOND}">from</Message></Response>`,
    );
    expect(replies).toEqual([]);
    await expect.poll(() => carrier.messages.filter(({ status }) => status === "delivered")).toHaveLength(2);
    expect(carrier.messages.map(({ body, from, to }) => `${body} ${from} ${to}`).sort()).toEqual([
      `from ${SECOND} ${PHONE}`,
      `to ${SENDER} ${OTHER_PHONE}`,
    ]);
    await expect
      .poll(() => site.requests.findLast(({ url }) => url === "/done")?.parameters.MessageStatus)
      .toBe("delivered");
  });

  it("has its action called by its method, before a statusCallback", async () => {
    const { site } = await answer(
      '<Response><Message action="/done?x=1" method="GET" statusCallback="/never">hi</Message></Response>',
    );
    const calls = () => site.requests.filter(({ url }) => url.startsWith("/done"));
    await expect.poll(() => calls().at(-1)?.parameters.MessageStatus).toBe("delivered");
    expect(
      new Set(calls().map(({ method, parameters }) => `${method} ${parameters.x} ${parameters.To}`)),
    ).toEqual(new Set([`GET 1 ${PHONE}`]));
    expect(site.requests.map(({ url }) => url)).not.toContain("/never");
  });

  it("is sent without a callback that is no URL (14105)", async () => {
    const { replies, warnings } = await answer(
      '<Response><Message action="http://[">hi</Message></Response>',
    );
    expect(replies).toEqual(["hi"]);
    expect(warnings.join()).toContain("14105");
  });

  it("sends ten messages, and drops the rest with a warning (14109)", async () => {
    const { service, carrier, replies } = await answer(`<Response>${messages(12)}</Response>`);
    expect(replies).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    expect(await service.alerts.list()).toMatchObject([
      { code: "TWIML_WARNING", errorCode: 14109, count: 2 },
    ]);
    expect(carrier.messages).toHaveLength(10);
  });

  it("sends ten messages over all its documents", async () => {
    const { carrier, replies, warnings } = await answer(
      `<Response>${messages(7)}<Redirect>/more</Redirect></Response>`,
      { "/more": { body: `<Response>${messages(5)}</Response>` } },
    );
    expect(replies).toEqual(["1", "2", "3", "4", "5", "6", "7", "1", "2", "3"]);
    expect(warnings.filter((text) => text.includes("14109"))).toHaveLength(1);
    expect(carrier.messages).toHaveLength(10);
  });

  it("sends the others when one of its messages cannot be sent, with an alert for each", async () => {
    const { service, replies } = await answer(
      [
        "<Response><Message>one</Message>",
        `<Message>${"x".repeat(1_601)}</Message>`,
        "<Message><Body>look</Body><Media>http://[</Media></Message>",
        '<Message from="+13125550199">not in the pool</Message>',
        '<Message to="nobody">nowhere</Message>',
        "<Message>two</Message></Response>",
      ].join(""),
    );
    expect(replies).toEqual(["one", "two"]);
    const alerts = await service.alerts.list({ code: "REPLY_REFUSED" });
    expect(Object.fromEntries(alerts.map(({ errorCode, count }) => [errorCode, count]))).toEqual({
      21617: 1,
      21620: 1,
      21606: 1,
      21211: 1,
    });
  });

  it.each([
    [
      "entities and CDATA",
      "<Message>a &lt;b&gt; &amp; &#233;&#x1F44B; <![CDATA[<c> & d]]></Message>",
      ["a <b> & é👋 <c> & d"],
    ],
    ["unknown verbs", "<Play>x</Play><Message>a</Message><Gather><Message>no</Message></Gather>", ["a"]],
    ["comments and processing instructions", "<!-- c --><Message>a<!-- d --></Message><?x y?>", ["a"]],
    ["an empty message", "<Message/><Message> </Message><Message>a</Message>", ["a"]],
    ["nothing", "", []],
  ])("may hold %s", async (_, inside, expected) => {
    const { replies, service } = await answer(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${inside}</Response>`,
    );
    expect(replies).toEqual(expected);
    expect(await service.alerts.list({ level: "ERROR" })).toEqual([]);
  });

  it("warns of verbs it does not know", async () => {
    const { warnings } = await answer("<Response><Play>x</Play></Response>");
    expect(warnings.filter((text) => text.includes("14110"))).toHaveLength(1);
  });

  it("of exactly 64 kB is carried out", async () => {
    const frame = "<Response><Message>a</Message><!----></Response>";
    const { replies } = await answer(frame.replace("<!---->", `<!--${"x".repeat(65_536 - frame.length)}-->`));
    expect(replies).toEqual(["a"]);
  });

  it.each([
    ["text/plain", { type: "text/plain; charset=utf-8", body: "  plain & simple \n" }, ["plain & simple"]],
    ["text/html", { type: "text/html", body: "<Response><Message>a</Message></Response>" }, ["a"]],
    ["200 without a body", { type: "application/json", body: "" }, []],
    ["204", { status: 204 }, []],
  ])("may be %s", async (_, page, expected) => {
    const { replies, service } = await answer(page);
    expect(replies).toEqual(expected);
    expect(await service.alerts.list()).toEqual([]);
  });

  it("is refused in no time when it is an entity bomb", async () => {
    const levels = Array.from({ length: 20 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(20)}">`).join(
      "",
    );
    const bomb = `<!DOCTYPE r [<!ENTITY e0 "bomb">${levels}<!ENTITY x SYSTEM "file:///etc/passwd">]><Response><Message>&e20;&x;</Message></Response>`;
    const started = performance.now();
    const { replies, service } = await answer(bomb);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(replies).toEqual([]);
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(["WEBHOOK_FAILED"]);
  });
});

describe("a <Redirect>", () => {
  it("is fetched with all parameters, by POST unless it says GET, with a token of its own", async () => {
    const { site, replies } = await answer(
      '<Response><Redirect method="GET">more?step=2</Redirect><Message>never</Message></Response>',
      {
        "/more": { body: "<Response><Message>a</Message><Redirect>./last</Redirect></Response>" },
        "/last": { body: "<Response><Message>b</Message></Response>" },
      },
    );
    expect(replies).toEqual(["a", "b"]);
    expect(site.requests.map(({ method, parameters }) => `${method} ${parameters.Body}`)).toEqual([
      "POST hi",
      "GET hi",
      "POST hi",
    ]);
    expect(site.requests[1]?.parameters.step).toBe("2");
    const tokens = site.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(new Set(tokens).size).toBe(3);
  });

  it("to itself is cut after five, and what was said before is sent", async () => {
    const { site, replies, service } = await answer(
      "<Response><Message>again</Message><Redirect/><Redirect>/sms</Redirect></Response>",
    );
    expect(site.requests).toHaveLength(6);
    expect(replies).toHaveLength(6);
    const [alert] = await service.alerts.list();
    expect(alert?.message).toContain("redirected more than 5 times");
  });

  it("that fails goes to the fallback", async () => {
    const site = await startSite({
      "/sms": { body: "<Response><Redirect>http://[/</Redirect></Response>" },
      "/fallback": { body: "<Response><Message>sorry</Message></Response>" },
    });
    const { carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms`, fallbackUrl: `${site.origin}/fallback` },
    });
    expect((await carrier.handset(PHONE).text(SENDER, "hi")).replies.map(({ body }) => body)).toEqual([
      "sorry",
    ]);
    expect(site.requests.at(-1)?.parameters).toMatchObject({ ErrorCode: "11100" });
  });
});
