import request from "supertest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { curlLines } from "../src/handset-routes.ts";
import { type Simulation, startSimulation } from "../src/simulated.ts";

describe("handsetRoutes", () => {
  let simulation: Simulation;
  /** As curl does with -d: nothing is escaped. */
  const curl = (path: string, ...fields: string[]) =>
    request(simulation.url).post(path).type("form").set("Accept", "*/*").send(fields.join("&"));

  beforeAll(async () => {
    simulation = await startSimulation({ port: 0 });
  });
  afterAll(() => simulation.close());

  it("texts a sender and answers with the reply", async () => {
    const response = await curl("/handset", "From=+14155550123", "To=+14155550100", "Body=hello").expect(200);
    expect(response.type).toBe("text/plain");
    expect(response.text).toBe("Thanks! You wrote: hello\n");
  });

  it("texts a WhatsApp sender, and answers JSON to who asks for it", async () => {
    const fields = ["From=whatsapp:+14155550123", "To=whatsapp:+14155550101", "Body=hello"];
    const response = await curl("/handset", ...fields).set("Accept", "application/json");
    expect(response.body).toEqual({
      from: "whatsapp:+14155550123",
      to: "whatsapp:+14155550101",
      status: 200,
      errorCode: null,
      replies: ["Thanks! You wrote: hello"],
    });
  });

  it("says so when nobody answers", async () => {
    const response = await curl("/handset", "From=+14155550123", "To=+14155550199", "Body=hello");
    expect(response.text).toBe("(no reply: webhook 404, error 11200)\n");
  });

  it("sends, and answers once it is delivered", async () => {
    const response = await curl("/send", "To=+447700900456", "Body=Ready").expect(200);
    expect(response.text).toMatch(/GB .*\+447700900456 +ACME +GSM-7, 1 segment +delivered/);
    const inbox = simulation.carrier.handset("+447700900456").inbox;
    expect(inbox.map(({ body }) => body)).toEqual(["Ready"]);
  });

  it("refuses to send after STOP, with the code, the number and the remedy, and explains the same", async () => {
    await curl("/handset", "From=+12125550177", "To=12345", "Body=STOP").expect(200);
    const refused = await curl("/send", "To=+12125550177", "Body=Ready").expect(400);
    expect(refused.text).toMatch(/^OPTED_OUT \(21610\): \+12125550177 opted out\. .*START/);
    const explained = await curl("/explain", "To=+12125550177", "Body=Ready").expect(200);
    expect(explained.text).toContain("refused with 21610");
  });

  it("explains a send without sending it", async () => {
    const sent = simulation.carrier.messages.length;
    const response = await curl("/explain", "To=+33639980123", "Body=Prêt 🎂").expect(200);
    expect(response.text).toContain("+33639980123 (FR): SMS from ACME");
    expect(simulation.carrier.messages).toHaveLength(sent);
  });

  it("says what is wrong with what it was given", async () => {
    const response = await curl("/send", "To=nobody", "Body=Ready")
      .set("Accept", "application/json")
      .expect(400);
    expect(response.body).toMatchObject({ code: "INVALID_RECIPIENT", twilioCode: 21211 });
    await curl("/send").expect(400);
  });

  it("says at / what to type", async () => {
    const response = await request(simulation.url).get("/").expect(200);
    expect(response.text).toBe(`${curlLines(simulation.url).join("\n")}\n`);
  });
});

describe("startSimulation", () => {
  it("takes a free port when the one asked for is taken", async () => {
    const first = await startSimulation({ port: 0 });
    const second = await startSimulation({ port: first.port });
    expect(second.port).not.toBe(first.port);
    await Promise.all([first.close(), second.close()]);
  });
});
