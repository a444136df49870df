import { createMessagingService, silentLogger } from "@messaging-service/core";
import { twilio } from "@messaging-service/providers/twilio";
import { createCarrier } from "@messaging-service/simulator";
import twilioSdk from "twilio";
import { BODY, phone, senderOf, senders } from "./load.ts";
import { countdown, type Rate, timed, WIDTH } from "./rate.ts";

/** The service with its Twilio provider, on a carrier that listens on loopback. */
export async function serviceOverHttp(messages: number): Promise<Rate> {
  const carrier = createCarrier({ receipts: false });
  const { url: baseUrl } = await carrier.listen();
  const { accountSid, authToken } = carrier;
  const service = createMessagingService({
    provider: twilio({ accountSid, authToken, baseUrl, optOutHandling: "off" }),
    // One lane, which has as many hand-overs under way as the loop has calls.
    senders: senders(1e6).slice(0, 1),
    store: "memory",
    logger: silentLogger,
  });
  await service.ready();
  const sent = countdown(messages);
  service.on("status", ({ status }) => {
    if (status === "sent") sent.tick();
  });
  const rate = await timed(messages, (n) => service.send({ to: phone(n), body: BODY }), sent.end);
  await service.close();
  await carrier.close();
  return rate;
}

/** A loop over the official client, on the same carrier. */
export async function bareClient(messages: number): Promise<Rate> {
  const carrier = createCarrier({ receipts: false });
  const { url } = await carrier.listen();
  const inner = new twilioSdk.RequestClient({ keepAlive: true, maxSockets: WIDTH });
  const httpClient = Object.assign(Object.create(inner) as typeof inner, {
    request: (options: Parameters<typeof inner.request>[0]) =>
      inner.request({ ...options, uri: options.uri.replace("https://api.twilio.com", url) }),
  });
  const client = twilioSdk(carrier.accountSid, carrier.authToken, { httpClient });
  const call = (n: number): Promise<unknown> =>
    client.messages.create({ to: phone(n), from: senderOf(n), body: BODY });
  const rate = await timed(messages, call, Promise.resolve());
  await carrier.close();
  return rate;
}
