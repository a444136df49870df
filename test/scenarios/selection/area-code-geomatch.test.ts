import type { SenderInput } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld } from "../../support/world.ts";

const BAY = "+14155550100";
const BAY_OVERLAY = "+16285550100";
const NEW_YORK = "+12125550100";
const TORONTO = "+14165550100";
const VANCOUVER = "+16045550100";

async function ruleOf(senders: readonly SenderInput[], to: string, areaCodeGeomatch = true) {
  const { service } = createWorld({ senders, areaCodeGeomatch });
  const { from, explanation } = await service.send({ to, body: "x" });
  return { from, rule: explanation?.rule, reasons: explanation?.steps.map(({ reason }) => reason) };
}

describe("selects a local phone number with an area code that either matches or is an overlay of your end-user's number", () => {
  it("the same area code first", async () => {
    expect(await ruleOf([NEW_YORK, BAY_OVERLAY, BAY, TORONTO], "+14155550123")).toMatchObject({
      from: BAY,
      rule: "area-code-geomatch",
    });
  });

  it("then one that overlays it", async () => {
    const found = await ruleOf([NEW_YORK, BAY_OVERLAY, TORONTO], "+14155550123");
    expect(found.from).toBe(BAY_OVERLAY);
    expect(found.reasons).toContain("AREA_CODE_OVERLAY");
  });

  it("in Canada too", async () => {
    expect((await ruleOf([BAY, TORONTO, VANCOUVER], "+16475550123")).from).toBe(TORONTO);
    expect((await ruleOf([BAY, TORONTO, VANCOUVER], "+17785550123")).from).toBe(VANCOUVER);
  });

  it("an overlay of an overlay is none: 917 overlays 212 and 718, which do not overlay each other", async () => {
    expect((await ruleOf(["+19175550100", "+14155550100"], "+12125550123")).from).toBe("+19175550100");
    expect((await ruleOf(["+19175550100", "+14155550100"], "+17185550123")).from).toBe("+19175550100");
    expect((await ruleOf(["+17185550100", "+14155550100"], "+12125550123")).reasons).toContain(
      "AREA_CODE_NONE",
    );
  });
});

describe("if an overlay or matching area code is not available, selects another US or Canadian phone number", () => {
  it("of the recipient's country", async () => {
    expect((await ruleOf([NEW_YORK, "+33612345678"], "+14155550123")).from).toBe(NEW_YORK);
    expect((await ruleOf([NEW_YORK, TORONTO], "+16045550123")).from).toBe(TORONTO);
  });

  it("of the other country before any from overseas", async () => {
    expect((await ruleOf([TORONTO, "+33612345678", "+447911123456"], "+14155550123")).from).toBe(TORONTO);
    expect((await ruleOf([NEW_YORK, "+33612345678", "+447911123456"], "+14165550123")).from).toBe(NEW_YORK);
  });

  it("and proximity does not count: all are as good", async () => {
    const nearAndFar = ["+15105550100", "+12125550100"];
    const { service } = createWorld({ senders: nearAndFar });
    const plan = await service.explain({ to: "+14155550123", body: "x" });
    expect(plan.steps).toContainEqual(expect.objectContaining({ rule: "scaler", before: 2, after: 1 }));
  });
});

describe("this feature", () => {
  it("is not available outside the US and Canada", async () => {
    const { reasons } = await ruleOf(["+442079460100", "+441614960100"], "+442079460199");
    expect(reasons?.filter((reason) => reason.startsWith("AREA_CODE"))).toEqual([]);
    const jamaican = await ruleOf(["+18765550100", "+16585550100"], "+18765550199");
    expect(jamaican.reasons?.filter((reason) => reason.startsWith("AREA_CODE"))).toEqual([]);
  });

  it("can be turned off, also while the service runs", async () => {
    const senders = [BAY, ...Array.from({ length: 9 }, (_, n) => `+1212555010${n}`)];
    const { service } = createWorld({ senders, areaCodeGeomatch: false });
    const people = Array.from({ length: 20 }, (_, n) => `+141555502${String(n).padStart(2, "0")}`);
    const froms = new Set<string | null>();
    for (const to of people) froms.add((await service.send({ to, body: "x" })).from);
    expect(froms.size).toBe(10);
    await service.update({ areaCodeGeomatch: true });
    expect((await service.send({ to: "+14155550299", body: "x" })).from).toBe(BAY);
  });
});
