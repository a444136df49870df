import { describe, expect, it } from "vitest";
import { createDenyList } from "../../src/records/denied.ts";

const PERSON = "+14155550123";
const fails = async (): Promise<void> => {
  throw new Error("The store is down.");
};

describe("the deny list", () => {
  it("denies at once, per channel, until every STOP of the person is written", async () => {
    const list = createDenyList();
    const written: string[] = [];
    list.add(PERSON, "sms", "SM1", async () => void written.push("SM1"));
    list.add(PERSON, "sms", "SM2", async () => void written.push("SM2"));
    expect([list.has(PERSON, "sms"), list.has(PERSON, "whatsapp")]).toEqual([true, false]);
    expect(await list.flush()).toBe(0);
    expect(written).toEqual(["SM1", "SM2"]);
    expect(list.has(PERSON, "sms")).toBe(false);
  });

  it("goes on denying whom the store does not take, and asks no more for the rest", async () => {
    const list = createDenyList();
    let asked = 0;
    list.add(PERSON, "sms", "SM1", fails);
    list.add("+14155550124", "sms", "SM2", async () => {
      asked += 1;
    });
    expect(await list.flush()).toBe(2);
    expect([asked, list.has(PERSON, "sms")]).toEqual([0, true]);
  });

  it("settles one person before what they say next, or says that it cannot", async () => {
    const list = createDenyList();
    list.add(PERSON, "sms", "SM1", fails);
    await expect(list.settle(PERSON, "sms")).rejects.toThrow("down");
    expect(list.has(PERSON, "sms")).toBe(true);
    list.add(PERSON, "sms", "SM1", async () => {});
    await list.settle(PERSON, "sms");
    expect(list.has(PERSON, "sms")).toBe(false);
    await list.settle("+14155550199", "sms");
  });

  it("keeps a message that is denied again while it is being written", async () => {
    const list = createDenyList();
    list.add(PERSON, "sms", "SM1", async () => {
      list.add(PERSON, "sms", "SM1", fails);
    });
    await list.settle(PERSON, "sms");
    expect(list.has(PERSON, "sms")).toBe(true);
  });
});
