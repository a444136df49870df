import { messagingService } from "@messaging-service/express";
import { type RestApi, type RestApiOptions, restApi } from "@messaging-service/rest-api";
import express, { type Express } from "express";
import twilio from "twilio";

/** What differs from one deployment to the next: the account, its numbers and carrier, the store, the public URL. */
export interface AppOptions extends RestApiOptions {
  readonly publicUrl: string;
}

/**
 * Twilio's REST API on your own server, and beside it an application that was written for Twilio: its client is told two base URLs,
 * and nothing else of it changes.
 */
export function buildApp(options: AppOptions): { readonly app: Express; readonly api: RestApi } {
  const { publicUrl, authToken } = options;
  const app = express();

  // Answers /2010-04-01 and /v1 as Twilio does, and the carrier's webhooks under /messaging.
  const api = restApi(options);
  app.use(messagingService(api));

  // A webhook as you have it: Twilio's own signature check, Twilio's own TwiML.
  app.post(
    "/sms",
    express.urlencoded({ extended: false }),
    twilio.webhook(authToken, { url: `${publicUrl}/sms` }),
    (req, res) => {
      const twiml = new twilio.twiml.MessagingResponse();
      twiml.message(`Thanks! You wrote: ${req.body.Body}`);
      res.type("text/xml").send(twiml.toString());
    },
  );

  return { app, api };
}

/** The official client, led to your server. */
export function buildClient(accountSid: string, authToken: string, url: string): ReturnType<typeof twilio> {
  const client = twilio(accountSid, authToken);
  client.api.baseUrl = url;
  client.messaging.baseUrl = url;
  return client;
}
