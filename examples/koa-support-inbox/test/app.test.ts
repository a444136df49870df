import { randomUUID } from "node:crypto";
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import { type Agent, firstRow, PHONE, SENDER, startWorld } from "./world.ts";

const HOSTILE = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;

function reply(agent: Agent, sid: string, body: string, key: string = randomUUID()) {
  return agent.post(`/api/conversations/${sid}/messages`).send({ body, key });
}
async function messages(agent: Agent, sid: string, cursor?: string) {
  const query = cursor === undefined ? {} : { cursor };
  return (await agent.get(`/api/conversations/${sid}/messages`).query(query).expect(200)).body;
}

describe("the inbox", () => {
  it("lists who texted, newest first, as unread", async () => {
    const { text, signIn } = await startWorld();
    await text("Is my order on its way?");
    await text("Do you open on Sunday?", "+14155550124");
    const agent = await signIn();
    const { body } = await agent.get("/api/conversations").expect(200);
    expect(body.conversations).toMatchObject([
      { address: "+14155550124", last: { text: "Do you open on Sunday?", mine: false }, unread: true },
      { address: PHONE, sender: SENDER, state: "active", optedOut: false, unread: true },
    ]);
    expect(body.cursor).toBeNull();
  });

  it("answers from the sender that was texted, with the agent's name and the status it has reached", async () => {
    const { text, signIn, carrier } = await startWorld({ senders: ["+12125550100", SENDER] });
    await text("Is my order on its way?");
    const agent = await signIn("Grace");
    const { sid } = await firstRow(agent);
    await reply(agent, sid, "It arrives on Monday.").expect(201);
    const arrived = await carrier.handset(PHONE).waitFor(1);
    expect(arrived).toMatchObject({ from: SENDER, body: "It arrives on Monday." });
    await carrier.settled();
    await expect
      .poll(async () => (await messages(agent, sid)).messages)
      .toMatchObject([
        { index: 1, mine: true, author: "Grace", status: "delivered", reason: null },
        { index: 0, mine: false, author: PHONE, body: "Is my order on its way?" },
      ]);
  });

  it("sends once what is sent again under the same key", async () => {
    const { text, signIn, carrier } = await startWorld();
    await text("hello");
    const agent = await signIn();
    const { sid } = await firstRow(agent);
    const key = randomUUID();
    await reply(agent, sid, "Good morning", key).expect(201);
    await reply(agent, sid, "Good morning", key).expect(201);
    await carrier.settled();
    expect(carrier.handset(PHONE).inbox).toHaveLength(1);
    expect((await messages(agent, sid)).messages).toHaveLength(2);
  });

  it("says why a reply failed", async () => {
    const { text, signIn, carrier } = await startWorld();
    await text("hello");
    carrier.outcome({ match: { to: PHONE }, undelivered: 30003 });
    const agent = await signIn();
    const { sid } = await firstRow(agent);
    await reply(agent, sid, "Good morning").expect(201);
    await expect.poll(async () => (await messages(agent, sid)).messages[0].status).toBe("undelivered");
    expect((await messages(agent, sid)).messages[0].reason).toBe("the phone is off or out of reach (30003)");
  });

  it("shows who opted out, keeps the STOP, and answers them no more until they say START", async () => {
    // A START that follows a STOP at once may have overtaken it; here it has not.
    const { text, signIn, carrier } = await startWorld({ optOut: { stopWinsMs: 0 } });
    await text("hello");
    await text("STOP");
    const agent = await signIn();
    const { sid, optedOut, unread } = await firstRow(agent);
    // That the service answered does not mean that somebody has read it.
    expect([optedOut, unread]).toEqual([true, true]);
    expect((await messages(agent, sid)).messages).toMatchObject([
      { mine: true, author: "system" },
      { mine: false, body: "STOP" },
      { mine: false, body: "hello" },
    ]);
    const { body, status } = await reply(agent, sid, "Please come back");
    expect([status, body.code]).toEqual([400, "OPTED_OUT"]);
    expect(carrier.handset(PHONE).inbox.map((each) => each.body)).not.toContain("Please come back");
    await text("START");
    await reply(agent, sid, "Welcome back").expect(201);
  });

  it("counts as read what an agent has seen, for every agent, until the person writes again", async () => {
    const { text, signIn } = await startWorld();
    await text("hello");
    const agent = await signIn();
    const { sid } = await firstRow(agent);
    await agent.post(`/api/conversations/${sid}/read`).send({ index: 0 }).expect(204);
    expect(await firstRow(await signIn("Grace"))).toMatchObject({ unread: false });
    await text("are you there?");
    expect(await firstRow(agent)).toMatchObject({ unread: true });
    // An agent whose page is behind takes nothing back, and nobody reads what is still to come.
    await agent.post(`/api/conversations/${sid}/read`).send({ index: 999 }).expect(204);
    await agent.post(`/api/conversations/${sid}/read`).send({ index: 0 }).expect(204);
    expect(await firstRow(agent)).toMatchObject({ unread: false });
    await text("hello?");
    expect(await firstRow(agent)).toMatchObject({ unread: true });
  });

  it("closes a conversation for good, and begins another with the next text", async () => {
    const { text, signIn } = await startWorld();
    await text("hello");
    const agent = await signIn();
    const { sid } = await firstRow(agent);
    await agent.post(`/api/conversations/${sid}/close`).send({}).expect(204);
    await agent.post(`/api/conversations/${sid}/close`).send({}).expect(204);
    await agent.post(`/api/conversations/${sid}/read`).send({ index: 0 }).expect(204);
    expect(await firstRow(agent)).toMatchObject({ sid, state: "closed", unread: false });
    expect((await reply(agent, sid, "One more thing").expect(409)).body.code).toBe("CONVERSATION_CLOSED");
    await text("hello again");
    const { body } = await agent.get("/api/conversations");
    expect(body.conversations).toMatchObject([{ state: "active" }, { sid, state: "closed" }]);
  });

  it("gives older messages and older conversations page by page, each once", async () => {
    const { text, signIn } = await startWorld();
    for (let n = 0; n < 60; n++) await text(`text ${n}`);
    for (let n = 10; n < 62; n++) await text("hi", `+141555502${n}`);
    const agent = await signIn();
    const first = (await agent.get("/api/conversations")).body;
    const second = (await agent.get("/api/conversations").query({ cursor: first.cursor })).body;
    const rows = [...first.conversations, ...second.conversations];
    expect([first.conversations.length, new Set(rows.map(({ sid }) => sid)).size, second.cursor]).toEqual([
      50,
      53,
      null,
    ]);
    const newest = await messages(agent, rows.at(-1).sid);
    const older = await messages(agent, rows.at(-1).sid, newest.cursor);
    const bodies = [...newest.messages, ...older.messages].map(({ body }) => body);
    expect(bodies).toEqual(Array.from({ length: 60 }, (_, n) => `text ${59 - n}`));
    expect(older.cursor).toBeNull();
  });
});

describe("what people text", () => {
  it("stays text: it leaves as JSON that no browser takes for a page", async () => {
    const { text, signIn } = await startWorld();
    await text(HOSTILE);
    const agent = await signIn();
    const { sid } = await firstRow(agent);
    const response = await agent.get(`/api/conversations/${sid}/messages`).expect("content-type", /json/);
    expect(response.headers["x-content-type-options"]).toBe("nosniff");
    expect(response.body.messages[0].body).toBe(HOSTILE);
  });

  it("never becomes a link that runs something", async () => {
    const { carrier, signIn } = await startWorld();
    const mediaUrl = ["https://media.example/cat.jpg", "javascript:alert(1)", "data:text/html,<p>"];
    await carrier.handset(PHONE).text(SENDER, "", { mediaUrl });
    const agent = await signIn();
    const { sid, last } = await firstRow(agent);
    expect(last.text).toBe("(attachment)");
    const [message] = (await messages(agent, sid)).messages;
    expect(message.media.map(({ url }: { url: string }) => url)).toEqual(["https://media.example/cat.jpg"]);
  });
});

describe("the page", () => {
  it.each(["/", "/inbox.js", "/thread.js", "/render.js", "/api.js", "/inbox.css", "/icon.svg"])(
    "%s runs our scripts only, loads nothing from elsewhere and stands in no frame",
    async (path) => {
      const { url } = await startWorld();
      const { headers } = await supertest(url).get(path).expect(200);
      const policy = headers["content-security-policy"];
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ])
        expect(policy).toContain(rule);
      expect(policy).not.toContain("unsafe");
    },
  );

  it("is all there is: other files of the folder are not served", async () => {
    const { url } = await startWorld();
    for (const path of [
      "/handset",
      "/handset.html",
      "/../package.json",
      "/%2e%2e/package.json",
      "/inbox.html",
    ])
      await supertest(url).get(path).expect(404);
  });
});

describe("what makes no sense", () => {
  it.each([
    ["a reply without text", "messages", { key: "k" }],
    ["a reply of spaces", "messages", { body: "  ", key: "k" }],
    ["a reply that is no text", "messages", { body: 7, key: "k" }],
    ["a reply that is too long", "messages", { body: "x".repeat(1_601), key: "k" }],
    ["a reply without a key", "messages", { body: "x" }],
    ["an index that is none", "read", { index: "0" }],
    ["a negative index", "read", { index: -1 }],
  ])("is refused: %s", async (_, action, input) => {
    const { text, signIn } = await startWorld();
    await text("hello");
    const agent = await signIn();
    const { sid } = await firstRow(agent);
    const { body } = await agent.post(`/api/conversations/${sid}/${action}`).send(input).expect(400);
    expect(body.message).toMatch(/^Give (body|key|index) as /);
  });

  it("is refused without a word of ours in it: broken JSON, too much of it", async () => {
    const { url } = await startWorld();
    const post = (body: string) => supertest(url).post("/api/session").type("json").send(body);
    expect((await post("{").expect(400)).body).toEqual({ message: "Bad request." });
    await post(JSON.stringify({ token: "x".repeat(20_000) })).expect(413);
  });

  it("is not found: a conversation that there is not, a cursor that nobody gave", async () => {
    const { signIn } = await startWorld();
    const agent = await signIn();
    for (const sid of [`CH${"0".repeat(32)}`, "x", "constructor"])
      await agent.get(`/api/conversations/${sid}`).expect(404);
    await agent.post("/api/conversations/x/close").send({}).expect(404);
    await agent.get("/api/conversations").query({ cursor: "nonsense!" }).expect(400);
    await agent.get("/api/nothing").expect(404);
  });
});
