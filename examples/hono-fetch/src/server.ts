import { serve } from "@hono/node-server";
import { twilio } from "@messaging-service/providers/twilio";
import { buildApp } from "./app.ts";

const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, SENDERS, PUBLIC_URL, PORT } = process.env;

const app = buildApp({
  provider: twilio({ accountSid: TWILIO_ACCOUNT_SID ?? "", authToken: TWILIO_AUTH_TOKEN ?? "" }),
  store: "memory",
  publicUrl: PUBLIC_URL ?? "",
  senders: (SENDERS ?? "").split(","),
});
const server = serve({ fetch: app.fetch, port: Number(PORT ?? 3000) }, ({ port }) =>
  console.log(`Listens on port ${port}.`),
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    void app.service.close();
  });
}
