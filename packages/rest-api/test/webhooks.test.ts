import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { ACCOUNT, ask, createRestWorld, PHONE, type RestWorld, SENDER } from "./support/api.ts";

const ROOT = `/2010-04-01/Accounts/${ACCOUNT}`;

/** An API whose webhooks may call this machine, and a site there: `next` resolves with what it is told next. */
async function createSite(): Promise<
  RestWorld & { readonly url: string; readonly next: () => Promise<URLSearchParams> }
> {
  const world = createRestWorld({ serviceOptions: { allowPrivateHosts: ["127.0.0.1"] } });
  const site = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end();
    site.emit("told", new URLSearchParams(Buffer.concat(chunks).toString()));
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/told`;
  return { ...world, url, next: async () => (await once(site, "told"))[0] as URLSearchParams };
}

it("a status callback names the service that a message was sent by, and none without one", async () => {
  const { api, clock, url, next } = await createSite();
  const send = async (form: Readonly<Record<string, string>>): Promise<string | null> => {
    const told = next();
    await ask(api, "POST", `${ROOT}/Messages.json`, { To: PHONE, Body: "x", StatusCallback: url, ...form });
    await clock.advance(15);
    return (await told).get("MessagingServiceSid");
  };
  expect(await send({ From: SENDER })).toBeNull();
  const { sid } = (await ask(api, "POST", "/v1/Services", { FriendlyName: "A" })).json;
  await ask(api, "POST", `/v1/Services/${sid}/AlphaSenders`, { AlphaSender: "ACME" });
  expect(await send({ To: "+447911123457", MessagingServiceSid: sid })).toBe(sid);
});

it("the webhook of a number in no service names none", async () => {
  const { api, carrier, url, next } = await createSite();
  const [number] = (await ask(api, "GET", `${ROOT}/IncomingPhoneNumbers.json`)).json.incoming_phone_numbers;
  await ask(api, "POST", `${ROOT}/IncomingPhoneNumbers/${number.sid}.json`, { SmsUrl: url });
  const told = next();
  await carrier.handset(PHONE).text(SENDER, "Hi");
  expect(Object.fromEntries(await told)).toMatchObject({ Body: "Hi", To: SENDER, AccountSid: ACCOUNT });
  expect((await told).has("MessagingServiceSid")).toBe(false);
});
