import { describe, expect, it } from "vitest";
import { createChanges } from "../../src/records/changes.ts";
import { createKeys } from "../../src/records/keys.ts";
import { createRecordsWorld } from "../support/records.ts";

describe("the feed", () => {
  it("lives as long as messages do", async () => {
    const { store, keys, settings, turn } = createRecordsWorld({ retention: 60 });
    const changes = createChanges(store, keys, settings);
    const { log, value, ttlMs } = changes.entry({
      type: "opt-out",
      at: 1,
      address: "+14155550123",
      sender: null,
      source: "operator",
      keyword: null,
    });
    await store.append(log, value, ttlMs);
    expect(await changes.page(undefined, 10)).toMatchObject([{ type: "opt-out", at: 1 }]);
    turn(61_000);
    expect(await changes.page(undefined, 10)).toEqual([]);
  });
});

describe("keys", () => {
  it("of one service never meet another's, whatever the names hold", () => {
    const names = ["a", "a:b", "a%3Ab", "b", "A", "ä", "a b", "config", "a:m"];
    const account = `AC${"0".repeat(32)}`;
    const keys = names.flatMap((name) => {
      const own = createKeys(account, name);
      return [own.config, own.messages, own.changes, own.message("SM1"), own.sticky("sms", "+1")];
    });
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("of consent are the account's, the same from every service", () => {
    const account = `AC${"0".repeat(32)}`;
    expect(createKeys(account, "a").consent("+1")).toBe(createKeys(account, "b").consent("+1"));
    expect(createKeys(account, "a").consent("+1")).not.toBe(
      createKeys(`AC${"1".repeat(32)}`, "a").consent("+1"),
    );
  });
});
