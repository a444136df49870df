import supertest from "supertest";
import { expect, it, onTestFinished } from "vitest";
import { startSimulation } from "../src/simulated.ts";

async function start() {
  const simulation = await startSimulation({ port: 0, store: "memory" });
  onTestFinished(() => simulation.close());
  return simulation;
}

it("lets one text in with curl, and see what the phone shows", async () => {
  const { url } = await start();
  const texts = () => supertest(url).get("/handset/texts").query({ from: "+14155550123" });
  const post = (body: string) => supertest(url).post("/handset/texts").send({ from: "+14155550123", body });
  expect((await post("hello").expect(200)).body).toEqual({ status: 200, replies: [] });
  const stopped = await post("STOP").expect(200);
  expect(stopped.body.replies).toEqual([expect.stringContaining("unsubscribed")]);
  expect((await texts().expect(200)).body.texts).toMatchObject([
    { body: "hello", mine: true },
    { body: "STOP", mine: true },
    { body: stopped.body.replies[0], mine: false },
  ]);
});

it("says what is wrong with a text that cannot be", async () => {
  const { url } = await start();
  await supertest(url).post("/handset/texts").send({ from: "nobody at all", body: "hello" }).expect(400);
  await supertest(url).post("/handset/texts").send({ from: "+14155550123" }).expect(400);
  await supertest(url).post("/handset/texts").type("form").send({ from: "+14155550123" }).expect(400);
  await supertest(url).get("/handset/texts").query({ from: "" }).expect(400);
});

it("makes up a token of its own each time", async () => {
  const [first, second] = [await start(), await start()];
  expect(first.agentToken).toMatch(/^[0-9a-f]{40}$/);
  expect(second.agentToken).not.toBe(first.agentToken);
  expect(second.port).not.toBe(first.port);
});
