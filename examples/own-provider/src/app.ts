import {
  createMessagingService,
  type MessagingService,
  type MessagingServiceOptions,
} from "@messaging-service/core";
import { messagingService } from "@messaging-service/express";
import express, { type Express } from "express";
import { type PigeonOptions, pigeon } from "./pigeon.ts";

/** What differs from one deployment to the next. */
export interface AppOptions extends Omit<MessagingServiceOptions, "provider"> {
  readonly pigeon: PigeonOptions;
}

/** An Express app whose messaging service sends by Pigeon. Nothing but the provider says so. */
export function buildApp({ pigeon: account, ...options }: AppOptions): {
  readonly app: Express;
  readonly service: MessagingService;
} {
  const service = createMessagingService({
    provider: pigeon(account),
    webhook: async (message, { reply }) => {
      await reply(`You wrote: ${message.body}`);
    },
    ...options,
  });
  return { app: express().use(messagingService(service)), service };
}
