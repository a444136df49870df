import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { type MessagingService, type MessagingServiceOptions, silentLogger } from "@messaging-service/core";
import { type Carrier, createCarrier } from "@messaging-service/simulator";
import { buildApp } from "./app.ts";
import { handsetRoutes } from "./handset.ts";
import { listenSomewhere, stop } from "./listen.ts";
import { serveFiles } from "./page.ts";
import type { Running } from "./real.ts";

/** The sender of the simulation. */
export const SENDER = "+14155550100";

/** The app at a simulated carrier, on this machine. */
export interface Simulation extends Running {
  readonly carrier: Carrier;
  readonly service: MessagingService;
  readonly agentToken: string;
  /** Where the app listens. */
  readonly url: string;
}

/** What differs from run to run. */
export interface SimulationOptions {
  /** Of the app; if it is taken, a free one is used. */
  readonly port: number;
  /** Default: one made up. */
  readonly agentToken?: string | undefined;
  readonly store: MessagingServiceOptions["store"];
}

/** Starts the app, and a carrier with handsets that stands in for Twilio; nothing leaves this machine. */
export async function startSimulation(options: SimulationOptions): Promise<Simulation> {
  // Slow enough to see the ticks change.
  const carrier = createCarrier({ sentDelayMs: 400, deliveryDelayMs: 1_500 });
  // It listens first, because the app's own URL is one of its options. Only this machine may act as a handset.
  const server = createServer();
  const port = await listenSomewhere(server, { port: options.port, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${port}`;
  const agentToken = options.agentToken ?? randomBytes(20).toString("hex");
  const { app, service, close } = buildApp({
    agentToken,
    provider: carrier.provider,
    senders: [SENDER],
    store: options.store,
    publicUrl: url,
    // It would warn that memory does not last, which the first lines say.
    logger: { ...silentLogger, error: (message, fields) => console.error(message, fields ?? "") },
  });
  app.use(serveFiles({ "/handset": "handset.html", "/handset.js": "handset.js" }));
  app.use(handsetRoutes({ carrier, sender: SENDER }).routes());
  server.on("request", app.callback());
  carrier.setInboundWebhook(`${url}${service.path}/inbound`);
  return {
    carrier,
    service,
    agentToken,
    url,
    port,
    async close() {
      await close();
      await carrier.close();
      await stop(server);
    },
  };
}
