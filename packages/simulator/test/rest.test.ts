import { describe, expect, it } from "vitest";
import { PERSON, post, realCarrier, SENDER, virtualCarrier } from "./support/carrier.ts";
import { twilioClient } from "./support/twilio-client.ts";

const MG = `MG${"0".repeat(31)}1`;

describe("the REST API, by the official client", () => {
  it("lists on from a page whose messages were deleted", async () => {
    const carrier = realCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    for (const body of ["1", "2", "3", "4", "5"])
      await client.messages.create({ to: PERSON, from: SENDER, body });
    await carrier.settled();
    const page = await client.messages.page({ pageSize: 2 });
    for (const { sid } of page.instances) await client.messages(sid).remove();
    const next = await page.nextPage();
    expect(next?.instances.map(({ body }) => body)).toEqual(["3", "2"]);
    expect((await client.messages.list()).map(({ body }) => body)).toEqual(["3", "2", "1"]);
  });

  it("creates a message that is queued, then delivered", async () => {
    const carrier = realCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    const created = await client.messages.create({ to: PERSON, from: SENDER, body: "hello" });
    expect(created).toMatchObject({
      status: "queued",
      direction: "outbound-api",
      from: SENDER,
      to: PERSON,
      body: "hello",
      numSegments: "1",
      numMedia: "0",
      errorCode: null,
      apiVersion: "2010-04-01",
      accountSid: carrier.accountSid,
    });
    expect(created.sid).toMatch(/^SM[0-9a-f]{32}$/);
    await carrier.settled();
    const fetched = await client.messages(created.sid).fetch();
    expect(fetched.status).toBe("delivered");
    expect(fetched.dateSent?.getTime()).toBeGreaterThanOrEqual(fetched.dateCreated.getTime());
  });

  it("pages through all messages, newest first", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    for (let index = 0; index < 7; index++)
      await client.messages.create({ to: PERSON, from: SENDER, body: `n${index}` });
    const all = await client.messages.list({ pageSize: 3 });
    expect(all.map(({ body }) => body)).toEqual(["n6", "n5", "n4", "n3", "n2", "n1", "n0"]);
    expect(await client.messages.list({ limit: 4, pageSize: 3 })).toHaveLength(4);
  });

  it("filters by To, From and the day of sending", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    await client.messages.create({ to: PERSON, from: SENDER, body: "first day" });
    await clock.advance(86_400_000);
    await client.messages.create({ to: "+14155550124", from: SENDER, body: "second day" });
    await client.messages.create({ to: PERSON, from: "+14155550101", body: "unsent" });
    await clock.advance(15);
    const bodies = async (filter: Parameters<typeof client.messages.list>[0]) =>
      (await client.messages.list(filter)).map(({ body }) => body);
    expect(await bodies({ to: PERSON })).toEqual(["unsent", "first day"]);
    expect(await bodies({ from: "+14155550101" })).toEqual(["unsent"]);
    const noon = new Date(clock.now());
    expect(await bodies({ dateSent: noon, from: SENDER })).toEqual(["second day"]);
    const midnight = new Date(Date.UTC(2026, 0, 2));
    expect(await bodies({ dateSentBefore: midnight })).toEqual(["first day"]);
    expect(await bodies({ dateSentAfter: midnight, from: SENDER })).toEqual(["second day"]);
  });

  it("redacts and deletes what is complete, and refuses before", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    const { sid } = await client.messages.create({ to: PERSON, from: SENDER, body: "secret" });
    await expect(client.messages(sid).update({ body: "" })).rejects.toMatchObject({ code: 20009 });
    await expect(client.messages(sid).remove()).rejects.toMatchObject({ code: 20009, status: 409 });
    await clock.advance(1000);
    expect((await client.messages(sid).update({ body: "" })).body).toBe("");
    expect(await client.messages(sid).remove()).toBe(true);
    await expect(client.messages(sid).fetch()).rejects.toMatchObject({ code: 20404, status: 404 });
  });

  it("refuses other updates with 30400 and a late cancellation with 30409", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    const { sid } = await client.messages.create({ to: PERSON, from: SENDER, body: "hello" });
    await expect(client.messages(sid).update({ body: "other" })).rejects.toMatchObject({ code: 30400 });
    await expect(client.messages(sid).update({})).rejects.toMatchObject({ code: 30400 });
    await expect(client.messages(sid).update({ status: "canceled" })).rejects.toMatchObject({
      code: 30409,
      status: 409,
    });
  });

  it("accepts a service's message without a sender, and chooses one", async () => {
    const { carrier, clock } = virtualCarrier({
      numbers: ["+14155550109", { number: SENDER, messagingServiceSid: MG }],
    });
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    const created = await client.messages.create({ to: PERSON, messagingServiceSid: MG, body: "hello" });
    expect(created).toMatchObject({
      status: "accepted",
      from: null,
      numSegments: "0",
      messagingServiceSid: MG,
    });
    await clock.advance(100);
    expect(await client.messages(created.sid).fetch()).toMatchObject({
      status: "delivered",
      from: SENDER,
      numSegments: "1",
    });
  });

  it("takes a service's SID in From for the service, and refuses one it does not have", async () => {
    const { carrier } = virtualCarrier({ numbers: [{ number: SENDER, messagingServiceSid: MG }] });
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    expect(await client.messages.create({ to: PERSON, from: MG, body: "hello" })).toMatchObject({
      status: "accepted",
      messagingServiceSid: MG,
    });
    const other = `MG${"f".repeat(32)}`;
    await expect(
      client.messages.create({ to: PERSON, messagingServiceSid: other, body: "hello" }),
    ).rejects.toMatchObject({ code: 21701, status: 404 });
  });

  it("fails a service's message without a fitting sender with 21703, later", async () => {
    const { carrier, clock } = virtualCarrier({ numbers: [{ number: SENDER, messagingServiceSid: MG }] });
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    const { sid } = await client.messages.create({
      to: `whatsapp:${PERSON}`,
      messagingServiceSid: MG,
      body: "hello",
    });
    await clock.advance(100);
    expect(await client.messages(sid).fetch()).toMatchObject({
      status: "failed",
      errorCode: 21703,
      from: null,
    });
  });

  it("schedules, cancels, and sends what was not canceled when it is due", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    const request = {
      to: PERSON,
      messagingServiceSid: MG,
      body: "later",
      scheduleType: "fixed",
      sendAt: new Date(clock.now() + 3_600_000),
    } as const;
    const kept = await client.messages.create(request);
    const dropped = await client.messages.create(request);
    expect(kept).toMatchObject({ status: "scheduled", dateSent: null });
    expect((await client.messages(dropped.sid).update({ status: "canceled" })).status).toBe("canceled");
    await clock.advance(3_600_100);
    expect((await client.messages(kept.sid).fetch()).status).toBe("delivered");
    expect((await client.messages(dropped.sid).fetch()).status).toBe("canceled");
    await expect(
      client.messages.create({ ...request, sendAt: new Date(clock.now() + 1000) }),
    ).rejects.toMatchObject({ code: 35114 });
    const { messagingServiceSid: _, ...withoutService } = request;
    await expect(client.messages.create({ ...withoutService, from: SENDER })).rejects.toMatchObject({
      code: 35118,
    });
  });

  it("gives media an MM SID and counts them", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, carrier);
    const media = ["https://example.com/a.jpg", "https://example.com/b.jpg"];
    const created = await client.messages.create({ to: PERSON, from: SENDER, mediaUrl: media });
    expect(created.sid).toMatch(/^MM/);
    expect(created.numMedia).toBe("2");
    expect(carrier.messages[0]?.mediaUrl).toEqual(media);
  });

  it("refuses wrong credentials with 401 and 20003", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const client = twilioClient(url, { accountSid: carrier.accountSid, authToken: "wrong" });
    await expect(client.messages.create({ to: PERSON, from: SENDER, body: "x" })).rejects.toMatchObject({
      code: 20003,
      status: 401,
    });
    expect(carrier.messages).toEqual([]);
  });
});

describe("the wire itself", () => {
  it("answers a create with 201 and every field of the resource", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const response = await post(carrier, url, { To: PERSON, From: SENDER, Body: "x" });
    expect(response.status).toBe(201);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    const sid = carrier.messages[0]?.sid;
    const uri = `/2010-04-01/Accounts/${carrier.accountSid}/Messages/${sid}`;
    expect(await response.json()).toEqual({
      account_sid: carrier.accountSid,
      api_version: "2010-04-01",
      body: "x",
      date_created: "Thu, 01 Jan 2026 12:00:00 +0000",
      date_sent: null,
      date_updated: "Thu, 01 Jan 2026 12:00:00 +0000",
      direction: "outbound-api",
      error_code: null,
      error_message: null,
      from: SENDER,
      messaging_service_sid: null,
      num_media: "0",
      num_segments: "1",
      price: null,
      price_unit: "USD",
      sid,
      status: "queued",
      subresource_uris: { media: `${uri}/Media.json`, feedback: `${uri}/Feedback.json` },
      to: PERSON,
      uri: `${uri}.json`,
    });
  });

  it("answers a refusal with code, message, more_info and status", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const response = await post(carrier, url, { To: "nobody", From: SENDER, Body: "x" });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      code: 21211,
      message: "The 'To' number nobody is not a valid phone number",
      more_info: "https://www.twilio.com/docs/errors/21211",
      status: 400,
    });
  });

  it("answers a list with the envelope of 2010", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    for (const body of ["1", "2", "3"]) await post(carrier, url, { To: PERSON, From: SENDER, Body: body });
    const path = `/2010-04-01/Accounts/${carrier.accountSid}/Messages.json`;
    const authorization = `Basic ${Buffer.from(`${carrier.accountSid}:${carrier.authToken}`).toString("base64")}`;
    const get = async (query: string) =>
      (await fetch(`${url}${path}?${query}`, { headers: { authorization } })).json();
    const token = `PA${carrier.messages[1]?.sid}`;
    expect(await get("PageSize=2&To=%2B14155550123")).toMatchObject({
      page: 0,
      page_size: 2,
      start: 0,
      end: 1,
      first_page_uri: `${path}?To=%2B14155550123&PageSize=2&Page=0`,
      next_page_uri: `${path}?To=%2B14155550123&PageSize=2&Page=1&PageToken=${token}`,
      previous_page_uri: null,
      messages: [{ body: "3" }, { body: "2" }],
    });
    expect(await get(`PageSize=2&Page=1&PageToken=${token}`)).toMatchObject({
      next_page_uri: null,
      messages: [{ body: "1" }],
    });
    expect(await get("PageToken=PAnone")).toMatchObject({ code: 21481 });
    expect(await get("PageSize=1001")).toMatchObject({ code: 20007 });
  });

  it("does not know other paths, accounts or methods", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const authorization = `Basic ${Buffer.from(`${carrier.accountSid}:${carrier.authToken}`).toString("base64")}`;
    const ask = async (path: string, method = "GET") =>
      (await fetch(url + path, { method, headers: { authorization } })).json();
    expect(await ask("/")).toMatchObject({ code: 20404 });
    expect(await ask(`/2010-04-01/Accounts/AC${"0".repeat(32)}/Messages.json`)).toMatchObject({
      code: 20404,
    });
    expect(await ask(`/2010-04-01/Accounts/${carrier.accountSid}/Messages.json`, "PUT")).toMatchObject({
      code: 20004,
      status: 405,
    });
  });

  it("waits latencyMs with its answer while the message travels on", async () => {
    const { carrier, clock } = virtualCarrier({ latencyMs: 100 });
    const { url } = await carrier.listen();
    let answered = false;
    const answer = post(carrier, url, { To: PERSON, From: SENDER, Body: "x" }).then(async (response) => {
      answered = true;
      return (await response.json()) as { status: string };
    });
    const inbox = carrier.handset(PERSON).inbox;
    // The request is on a real socket, so time stands still until it has come in.
    while (carrier.messages.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(50);
    expect(inbox).toHaveLength(1);
    expect(answered).toBe(false);
    await clock.advance(50);
    expect((await answer).status).toBe("queued");
  });
});

describe("what is refused", () => {
  const valid = { To: PERSON, From: SENDER, Body: "x" };
  const cases: [string, Record<string, string>, number][] = [
    ["no To", { To: "" }, 21604],
    ["no From", { From: "" }, 21603],
    ["nothing to say", { Body: "" }, 21619],
    ["a body over 1,600 characters", { Body: "x".repeat(1601) }, 21617],
    ["an invalid From", { From: "not a sender" }, 21212],
    ["To and From the same", { From: PERSON }, 21211],
    ["To and From of different channels", { To: `whatsapp:${PERSON}` }, 21910],
    ["an invalid media URL", { MediaUrl: "file:///etc/passwd" }, 21620],
    ["an invalid status callback", { StatusCallback: "nowhere" }, 21609],
    ["a validity period of 0", { ValidityPeriod: "0" }, 90007],
    ["a validity period beyond 10 hours", { ValidityPeriod: "36001" }, 90007],
    ["a validity period that is no number", { ValidityPeriod: "soon" }, 90014],
    ["content variables alone", { ContentVariables: "{}" }, 21654],
    ["a bad content SID", { ContentSid: "HX1" }, 21655],
    ["bad content variables", { ContentSid: `HX${"0".repeat(32)}`, ContentVariables: "[1]" }, 21656],
    ["a malformed service SID", { MessagingServiceSid: "MG1" }, 21705],
    ["another schedule type", { ScheduleType: "weekly" }, 35126],
    ["a schedule without a time", { ScheduleType: "fixed", MessagingServiceSid: MG }, 35111],
    ["magic To: invalid", { To: "+15005550001" }, 21211],
    ["magic To: no route", { To: "+15005550002" }, 21612],
    ["magic To: no permission", { To: "+15005550003" }, 21408],
    ["magic To: blocked", { To: "+15005550004" }, 21610],
    ["magic To: no mobile", { To: "+15005550009" }, 21614],
    ["magic From: invalid", { From: "+15005550001" }, 21212],
    ["magic From: not owned", { From: "+15005550007" }, 21606],
    ["magic From: queue full", { From: "+15005550008" }, 21611],
  ];
  it.each(cases)("%s", async (_name, fields, code) => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const response = await post(carrier, url, { ...valid, ...fields });
    expect(await response.json()).toMatchObject({ code, status: 400 });
    expect(carrier.messages).toEqual([]);
  });

  it("more than 10 media", async () => {
    const { carrier } = virtualCarrier();
    const { url } = await carrier.listen();
    const media = Array.from({ length: 11 }, (_, n): [string, string] => [
      "MediaUrl",
      `https://example.com/${n}`,
    ]);
    const response = await post(carrier, url, [["To", PERSON], ["From", SENDER], ...media]);
    expect(await response.json()).toMatchObject({ code: 21623 });
  });

  it("senders that are not the account's, the magic one excepted", async () => {
    const { carrier } = virtualCarrier({ numbers: [SENDER, { number: "12345", capabilities: ["SMS"] }] });
    const { url } = await carrier.listen();
    const answer = async (fields: Record<string, string>) =>
      (await post(carrier, url, { ...valid, ...fields })).json();
    expect(await answer({ From: "+14155550199" })).toMatchObject({ code: 21659 });
    expect(await answer({ From: "+15005550006" })).toMatchObject({ status: "queued" });
    expect(await answer({ From: "12345" })).toMatchObject({ status: "queued" });
    expect(await answer({ From: "12345", MediaUrl: "https://example.com/a.png" })).toMatchObject({
      code: 21621,
    });
  });
});
