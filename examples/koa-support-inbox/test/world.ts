import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type MessagingService, silentLogger } from "@messaging-service/core";
import { type Carrier, createCarrier } from "@messaging-service/simulator";
import supertest from "supertest";
import { onTestFinished } from "vitest";
import { type AppOptions, buildApp } from "../src/app.ts";

export const SENDER = "+14155550100";
export const PHONE = "+14155550123";
export const TOKEN = "a token for the tests of the inbox";

/** The app on a port of its own, and a carrier that calls it. */
export interface World {
  readonly url: string;
  readonly server: Server;
  readonly carrier: Carrier;
  readonly service: MessagingService;
  /** A text from a handset, handled. */
  text(body: string, from?: string): Promise<void>;
  /** An agent who is signed in. */
  signIn(name?: string): Promise<Agent>;
  /** How many pages listen. */
  listening(): number;
  /** Closes the app, and leaves the server. */
  closeApp(): Promise<void>;
  close(): Promise<void>;
}
export type Agent = ReturnType<typeof supertest.agent>;

/** One process of the app. Ends with the test. */
export async function startWorld(options: Partial<AppOptions> = {}): Promise<World> {
  const carrier = createCarrier(options.clock === undefined ? {} : { clock: options.clock });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const built = buildApp({
    agentToken: TOKEN,
    provider: carrier.provider,
    senders: [SENDER],
    publicUrl: url,
    logger: silentLogger,
    ...options,
  });
  const { app, service } = built;
  server.on("request", app.callback());
  carrier.setInboundWebhook(`${url}/messaging/inbound`);

  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= (async () => {
      await built.close();
      await carrier.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    })();
    return closed;
  };
  onTestFinished(close);
  return {
    url,
    server,
    carrier,
    service,
    async text(body, from = PHONE) {
      await carrier.handset(from).text(SENDER, body);
    },
    async signIn(name = "Ada") {
      const agent = supertest.agent(url);
      await agent.post("/api/session").send({ token: TOKEN, name }).expect(204);
      return agent;
    },
    listening: built.listening,
    closeApp: built.close,
    close,
  };
}

/** The conversation that the list has first. */
export async function firstRow(agent: Agent) {
  const { body } = await agent.get("/api/conversations").expect(200);
  return body.conversations[0];
}
