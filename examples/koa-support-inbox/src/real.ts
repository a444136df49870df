import { createServer } from "node:http";
import type { MessagingServiceOptions } from "@messaging-service/core";
import { twilio } from "@messaging-service/providers/twilio";
import { buildApp } from "./app.ts";
import { listen, stop } from "./listen.ts";
import type { TwilioAccount } from "./settings.ts";

/** An app that listens. */
export interface Running {
  readonly port: number;
  close(): Promise<void>;
}

/** The same app with a Twilio account. Rejects when the port is taken: whatever forwards to it would miss us. */
export async function startReal(
  { accountSid, authToken, senders, publicUrl }: TwilioAccount,
  options: {
    readonly port: number;
    readonly agentToken: string;
    readonly store: MessagingServiceOptions["store"];
  },
): Promise<Running> {
  const { app, close } = buildApp({
    agentToken: options.agentToken,
    provider: twilio({ accountSid, authToken }),
    senders,
    publicUrl,
    store: options.store,
  });
  const server = createServer(app.callback());
  const port = await listen(server, { port: options.port }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    port,
    async close() {
      await close();
      await stop(server);
    },
  };
}
