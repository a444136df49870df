import { twilio } from "@messaging-service/providers/twilio";
import { buildApp } from "./app.ts";

const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, SENDERS, REDIS_URL, PUBLIC_URL, PORT } = process.env;

const app = buildApp({
  provider: twilio({ accountSid: TWILIO_ACCOUNT_SID ?? "", authToken: TWILIO_AUTH_TOKEN ?? "" }),
  redisUrl: REDIS_URL ?? "redis://127.0.0.1:6379",
  publicUrl: PUBLIC_URL ?? "",
  senders: (SENDERS ?? "").split(","),
});
const port = Number(PORT ?? 3000);
const server = app.listen(port, () => console.log(`Listens on port ${port}.`));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeIdleConnections();
    void app.close();
  });
}
