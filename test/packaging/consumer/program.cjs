// Run against the packed packages, outside the workspace, from CommonJS.
const { createMessagingService, isMessagingError, silentLogger } = require("@messaging-service/core");
const { createCarrier } = require("@messaging-service/simulator");
const { messagingService } = require("@messaging-service/express");
const express = require("express");

async function main() {
  const carrier = createCarrier();
  const service = createMessagingService({
    provider: carrier.provider,
    senders: ["+14155550100"],
    logger: silentLogger,
    webhook: (message, { reply }) => reply(message.body.toUpperCase()),
  });
  const server = express().use(messagingService(service)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  carrier.setInboundWebhook(`http://127.0.0.1:${port}/messaging/inbound`);
  const phone = carrier.handset("+14155550123");
  await phone.text("+14155550100", "hello");
  console.log(phone.inbox.at(-1)?.body);
  await phone.text("+14155550100", "STOP");
  await service.send({ to: phone.number, body: "one more thing" }).catch((error) => {
    if (isMessagingError(error)) console.log(error.code);
  });
  await service.close();
  await carrier.close();
  server.close();
}

main();
