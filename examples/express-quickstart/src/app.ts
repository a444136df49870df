import {
  createMessagingService,
  type MessagingService,
  type MessagingServiceOptions,
} from "@messaging-service/core";
import { messagingService } from "@messaging-service/express";
import { type TwilioOptions, twilio } from "@messaging-service/providers/twilio";
import express, { type Express } from "express";

/** What differs from one deployment to the next: the Twilio account, the senders, where state is kept, the public URL. */
export interface AppOptions extends Omit<MessagingServiceOptions, "provider"> {
  readonly twilio: TwilioOptions;
}

/**
 * An Express app with a messaging service in it. `service.send` sends; the route below answers.
 *
 * @throws MessagingError for an option that is wrong, naming it.
 */
export function buildApp({ twilio: account, ...options }: AppOptions): {
  readonly app: Express;
  readonly service: MessagingService;
} {
  const service = createMessagingService({
    provider: twilio(account),
    // The service itself answers STOP, START and HELP, and remembers who said which. Carriers want your name in it.
    optOut: { brand: "Acme", supportContact: "help@acme.example" },
    ...options,
  });

  const app = express();

  // Answers under /messaging. Point your Twilio numbers at {publicUrl}/messaging/inbound.
  app.use(messagingService(service));

  // Every other text comes here, its signature checked, once, however often Twilio repeats the webhook.
  app.post("/messaging/inbound", async (req, _res, next) => {
    // It was sent to a number that is none of our senders.
    if (req.messaging === undefined) return next();
    const { message, reply } = req.messaging;
    await reply(`Thanks! You wrote: ${message.body}`);
  });

  return { app, service };
}
