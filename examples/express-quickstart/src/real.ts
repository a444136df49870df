import { createServer } from "node:http";
import type { MessagingService } from "@messaging-service/core";
import { lmdbStore } from "@messaging-service/lmdb";
import { buildApp } from "./app.ts";
import { listen, stop } from "./listen.ts";
import type { TwilioAccount } from "./settings.ts";

/** The app at the real Twilio. */
export interface RealApp {
  readonly service: MessagingService;
  readonly port: number;
  close(): Promise<void>;
}

/** The same app with a Twilio account. Rejects when the port is taken: whatever forwards to it would miss us. */
export async function startReal(
  account: TwilioAccount,
  options: { readonly port: number; readonly data?: string | undefined },
): Promise<RealApp> {
  const { accountSid, authToken, senders, publicUrl } = account;
  const { app, service } = buildApp({
    twilio: { accountSid, authToken },
    senders,
    publicUrl,
    store: options.data === undefined ? "memory" : lmdbStore(options.data),
  });
  const server = createServer(app);
  const port = await listen(server, { port: options.port }).catch(async (error: unknown) => {
    await service.close();
    throw error;
  });
  return {
    service,
    port,
    async close() {
      await service.close();
      await stop(server);
    },
  };
}
