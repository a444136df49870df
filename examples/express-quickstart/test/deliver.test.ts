import { afterAll, beforeAll, expect, it } from "vitest";
import { deliver, finalMessage } from "../src/deliver.ts";
import { type Simulation, startSimulation } from "../src/simulated.ts";

let simulation: Simulation;
beforeAll(async () => {
  simulation = await startSimulation({ port: 0 });
});
afterAll(() => simulation.close());

it("waits until the message is delivered, and knows the recipient's country", async () => {
  const { message, country } = await deliver(simulation.service, { to: "+33639980123", body: "Prêt" });
  expect(message.status).toBe("delivered");
  expect(country).toBe("FR");
});

it("waits until the message failed", async () => {
  const { carrier, service } = simulation;
  carrier.outcome({ match: { to: "+33639980124" }, fail: 30008 });
  const { message } = await deliver(service, { to: "+33639980124", body: "Prêt" });
  expect(message).toMatchObject({ status: "failed", errorCode: 30008 });
});

it("gives the message as it is when no receipt comes in time", async () => {
  const { carrier, service } = simulation;
  carrier.outcome({ match: { to: "+33639980125" }, receipt: false });
  const { sid } = await service.send({ to: "+33639980125", body: "Prêt" });
  expect((await finalMessage(service, sid, 500)).status).toBe("sent");
});
