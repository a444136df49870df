import { twilio } from "@messaging-service/providers/twilio";
import { buildApp } from "./app.ts";

const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, SENDERS, REDIS_URL, PUBLIC_URL, PORT } = process.env;

const app = buildApp({
  provider: twilio({ accountSid: TWILIO_ACCOUNT_SID ?? "", authToken: TWILIO_AUTH_TOKEN ?? "" }),
  redisUrl: REDIS_URL ?? "redis://127.0.0.1:6379",
  publicUrl: PUBLIC_URL ?? "",
  senders: (SENDERS ?? "").split(","),
});
const server = app.listen(Number(PORT ?? 3000));

process.once("SIGTERM", () => {
  server.close();
  // What is under way is finished; what waits is taken up by the next process.
  void app.messaging.service.close();
});
