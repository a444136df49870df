import { createServer } from "node:http";
import {
  type Clock,
  type MessagingService,
  type SenderInput,
  silentLogger,
  systemClock,
} from "@messaging-service/core";
import { lmdbStore } from "@messaging-service/lmdb";
import { type Carrier, createCarrier } from "@messaging-service/simulator";
import { buildApp } from "./app.ts";
import { handsetRoutes } from "./handset-routes.ts";
import { listenSomewhere, stop } from "./listen.ts";

/** A network that our short code does not reach. */
export const RURAL_NETWORK = "Prairie Wireless";

/** One of every kind that finds a recipient to suit it. */
const SENDERS: readonly SenderInput[] = [
  { shortCode: "12345", country: "US", unsupportedCarriers: [RURAL_NETWORK] },
  "+14155550100", // San Francisco
  "+12125550100", // New York
  "+447700900100",
  { senderId: "ACME" },
  "whatsapp:+14155550101",
];

/** The app, and the carrier that stands in for Twilio: both listen on this machine, and talk HTTP to each other. */
export interface Simulation {
  readonly carrier: Carrier;
  /** Where the carrier's API listens. */
  readonly carrierUrl: string;
  readonly service: MessagingService;
  /** Where the app listens. */
  readonly url: string;
  readonly port: number;
  /** Lets the service believe that time has passed. */
  turnClock(ms: number): void;
  close(): Promise<void>;
}

/** Starts both. `port` is the app's; if it is taken, a free one is used. Without `data` state is kept in memory. */
export async function startSimulation(options: {
  readonly port: number;
  readonly data?: string | undefined;
}): Promise<Simulation> {
  const carrier = createCarrier();
  let ahead = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
  const { url: carrierUrl } = await carrier.listen();
  // It listens first, because the app's own URL is one of its options. Only this machine may act as a handset.
  const server = createServer();
  const port = await listenSomewhere(server, { port: options.port, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${port}`;
  const { app, service } = buildApp({
    twilio: {
      accountSid: carrier.accountSid,
      authToken: carrier.authToken,
      baseUrl: carrierUrl,
      // Here nobody but us answers STOP, START and HELP. Twilio itself does on +1 numbers unless you have it turned off:
      // hence the default, "default", with which nobody is answered twice.
      optOutHandling: "off",
    },
    senders: SENDERS,
    store: options.data === undefined ? "memory" : lmdbStore(options.data),
    publicUrl: url,
    clock,
    lookupCarrier: carrier.lookupCarrier,
    // It would warn that memory does not last, which the transcript says.
    logger: { ...silentLogger, error: (message, fields) => console.error(message, fields ?? "") },
  });
  app.use(handsetRoutes({ carrier, service, url }));
  server.on("request", app);
  carrier.setInboundWebhook(`${url}/messaging/inbound`);
  return {
    carrier,
    carrierUrl,
    service,
    url,
    port,
    turnClock(ms) {
      ahead += ms;
    },
    async close() {
      await service.close();
      await carrier.close();
      await stop(server);
    },
  };
}
