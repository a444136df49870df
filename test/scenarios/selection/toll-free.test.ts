import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER } from "../../support/world.ts";

const TOLL_FREE = "+18005550199";
const CANADIAN = "+14165550123";

describe("toll-free numbers", () => {
  it("come before long codes for Canada", async () => {
    const { service } = createWorld({ senders: [SENDER, "+14165550100", TOLL_FREE] });
    expect(await service.send({ to: CANADIAN, body: "x" })).toMatchObject({
      from: TOLL_FREE,
      explanation: { rule: "type" },
    });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
  });

  it("are as good as long codes for the US where no area code matches", async () => {
    const { service } = createWorld({ senders: ["+12125550100", TOLL_FREE] });
    const people = Array.from({ length: 8 }, (_, n) => `+1415555030${n}`);
    const froms: (string | null)[] = [];
    for (const to of people) froms.push((await service.send({ to, body: "x" })).from);
    expect(froms.filter((from) => from === TOLL_FREE)).toHaveLength(4);
  });

  it("reach +1 alone", async () => {
    const { service } = createWorld({ senders: [TOLL_FREE] });
    await expect(service.send({ to: "+447911123457", body: "x" })).rejects.toMatchObject({
      code: "NO_SENDER",
      details: { steps: expect.arrayContaining([expect.objectContaining({ reason: "TOLL_FREE_ABROAD" })]) },
    });
  });
});

describe("be careful to not include more than one toll-free number within the same Sender Pool", () => {
  it("alerts once a day, whoever is texted", async () => {
    const { service } = createWorld({ senders: [TOLL_FREE, "+18885550116"] });
    const told: string[] = [];
    service.on("alert", ({ code }) => told.push(code));
    for (const to of [PHONE, CANADIAN, "+12125550123"]) {
      const { explanation } = await service.send({ to, body: "x" });
      expect(explanation?.alerts).toMatchObject([{ code: "MULTIPLE_TOLL_FREE" }]);
    }
    expect(told).toEqual(["MULTIPLE_TOLL_FREE"]);
  });

  it("and says nothing of one", async () => {
    const { service } = createWorld({ senders: [TOLL_FREE, SENDER] });
    expect((await service.send({ to: PHONE, body: "x" })).explanation?.alerts).toEqual([]);
    expect(await service.alerts.list()).toEqual([]);
  });
});
