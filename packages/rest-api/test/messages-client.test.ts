import { createMessagingService, silentLogger } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { ACCOUNT, ask, createRestWorld, PHONE, type RestWorld, SENDER } from "./support/api.ts";
import { clientOf, listen, SERVERS } from "./support/servers.ts";

const SERVICE = `MG${"9".repeat(32)}`;

/** An API with a service made in code. */
function createServiceWorld(): RestWorld {
  const world = createRestWorld();
  const service = createMessagingService({
    name: "bookings",
    sid: SERVICE,
    accountSid: ACCOUNT,
    provider: world.carrier.provider,
    senders: ["+14155550101"],
    store: world.store,
    publicUrl: "https://app.example",
    logger: silentLogger,
    clock: world.clock,
  });
  world.api.register(service);
  return world;
}

describe.each(SERVERS)("the official client on $name", (server) => {
  it("sends with From, fetches, lists, redacts and deletes", async () => {
    const { api, clock } = createRestWorld();
    const client = clientOf(await listen(api, server));
    const sent = await client.messages.create({ to: PHONE, from: SENDER, body: "Hello – 世界" });
    expect(sent).toMatchObject({
      accountSid: ACCOUNT,
      apiVersion: "2010-04-01",
      body: "Hello – 世界",
      direction: "outbound-api",
      errorCode: null,
      from: SENDER,
      messagingServiceSid: null,
      numMedia: "0",
      numSegments: "1",
      status: "queued",
      to: PHONE,
    });
    expect(sent.sid).toMatch(/^SM[0-9a-f]{32}$/);
    await clock.advance(5_000);
    const fetched = await client.messages(sent.sid).fetch();
    expect(fetched.status).toBe("delivered");
    expect(fetched.dateSent).toBeInstanceOf(Date);
    expect((await client.messages.list({ to: PHONE })).map(({ sid }) => sid)).toEqual([sent.sid]);
    expect(await client.messages.list({ to: "+14155550177" })).toEqual([]);
    expect((await client.messages(sent.sid).update({ body: "" })).body).toBe("");
    expect(await client.messages(sent.sid).remove()).toBe(true);
    await expect(client.messages(sent.sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });

  it("sends through a service, as the sample on Twilio's page", async () => {
    const { api, clock } = createServiceWorld();
    const client = clientOf(await listen(api, server));
    const message = await client.messages.create({
      body: "Revenge of the Sith was clearly the best of the prequel trilogy.",
      messagingServiceSid: SERVICE,
      to: "+441632960675",
    });
    expect(message.body).toBe("Revenge of the Sith was clearly the best of the prequel trilogy.");
    expect(message).toMatchObject({
      status: "accepted",
      from: null,
      messagingServiceSid: SERVICE,
      numSegments: "0",
    });
    await clock.advance(5_000);
    expect(await client.messages(message.sid).fetch()).toMatchObject({
      status: expect.stringMatching(/^(sent|delivered)$/),
      from: "+14155550101",
      numSegments: "1",
    });
  });

  it("is told what is wrong by a RestException", async () => {
    const { api } = createRestWorld();
    const client = clientOf(await listen(api, server));
    await expect(client.messages.create({ to: "nobody", from: SENDER, body: "x" })).rejects.toMatchObject({
      name: "Error",
      status: 400,
      code: 21211,
      moreInfo: "https://www.twilio.com/docs/errors/21211",
    });
    const stranger = clientOf(await listen(api, server), ACCOUNT, "wrong");
    await expect(stranger.messages.list()).rejects.toMatchObject({ status: 401, code: 20003 });
  });

  it("pages through 120 messages both ways", async () => {
    const { api, clock } = createRestWorld();
    const client = clientOf(await listen(api, server));
    const account = api.accountService;
    const sids: string[] = [];
    for (let count = 0; count < 120; count++)
      sids.unshift((await account.send({ to: PHONE, from: SENDER, body: String(count) })).sid);
    await clock.advance(1_000);
    const all = await client.messages.list({ pageSize: 50 });
    expect(all.map(({ sid }) => sid)).toEqual(sids);
    const first = await client.messages.page({ pageSize: 50 });
    const second = await first.nextPage();
    const third = await second?.nextPage();
    expect(third?.instances.map(({ sid }) => sid)).toEqual(sids.slice(100));
    expect(await third?.nextPage()).toBeUndefined();
    const back = await third?.previousPage();
    expect(back?.instances.map(({ sid }) => sid)).toEqual(sids.slice(50, 100));
    expect((await back?.previousPage())?.instances.map(({ sid }) => sid)).toEqual(sids.slice(0, 50));
  });
});

it("pages through 1,100 messages by itself, and up to a limit above the largest page", async () => {
  const { api } = createRestWorld();
  const [server] = SERVERS;
  if (server === undefined) throw new Error("There is no server.");
  const client = clientOf(await listen(api, server));
  const sids: string[] = [];
  for (let count = 0; count < 1_100; count++)
    sids.unshift((await api.accountService.send({ to: PHONE, from: SENDER, body: String(count) })).sid);
  const seen: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.messages.each({
      pageSize: 100,
      callback: ({ sid }) => seen.push(sid),
      done: (error?: Error) => (error ? reject(error) : resolve()),
    });
  });
  expect(seen).toEqual(sids);
  // The client asks for a page of that size.
  const limited = await client.messages.list({ limit: 1_050 });
  expect(limited.map(({ sid }) => sid)).toEqual(sids.slice(0, 1_050));
});

it("pages through 1,000 services by itself", async () => {
  const { api } = createRestWorld({ publicUrl: undefined });
  const [server] = SERVERS;
  if (server === undefined) throw new Error("There is no server.");
  const client = clientOf(await listen(api, server));
  const sids = new Set<string>();
  for (let count = 0; count < 1_000; count++)
    sids.add((await ask(api, "POST", "/v1/Services", { FriendlyName: `Service ${count}` })).json.sid);
  const seen = await client.messaging.v1.services.list({ pageSize: 100 });
  expect(seen).toHaveLength(1_000);
  expect(new Set(seen.map(({ sid }) => sid))).toEqual(sids);
});
