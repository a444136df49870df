import { createAccountMessages, memoryStore, type Store } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createAccountListing } from "../../src/records/account-messages.ts";
import { createKeys } from "../../src/records/keys.ts";
import type { MessageRecord } from "../../src/records/message-record.ts";
import { createMessages, type Messages } from "../../src/records/messages.ts";
import { resolveSettings } from "../../src/settings.ts";
import { aRecord } from "../support/records.ts";

const ACCOUNT = `AC${"1".repeat(32)}`;
const serviceSid = (name: string): string => `MG${name.repeat(32)}`;

/** The repository of a service that lists its messages for the account. */
function messagesOf(store: Store, name: string): Messages {
  const listing = createAccountListing(ACCOUNT, { name, serviceSid: serviceSid(name) });
  return createMessages(
    store,
    createKeys(ACCOUNT, name),
    () => resolveSettings({}),
    () => listing,
  );
}

/** A store that counts its calls. */
function counted(store: Store): { readonly store: Store; readonly calls: () => number } {
  let calls = 0;
  const wrapped = Object.fromEntries(
    Object.entries(store).map(([name, value]) => [
      name,
      typeof value !== "function"
        ? value
        : (...args: readonly unknown[]) => {
            calls++;
            return (value as (...args: readonly unknown[]) => unknown)(...args);
          },
    ]),
  ) as unknown as Store;
  return { store: wrapped, calls: () => calls };
}

async function fill(store: Store, count: number): Promise<string[]> {
  const services = [messagesOf(store, "a"), messagesOf(store, "b")];
  const sids: string[] = [];
  for (let at = 0; at < count; at++) {
    const record = numbered(at);
    sids.unshift(record.sid);
    await services[at % 2]?.create(record);
  }
  return sids;
}

function numbered(at: number): MessageRecord {
  return aRecord({ to: at % 100 === 0 ? "+14155550199" : "+14155550123", createdAt: at });
}

/** The same in bulk. */
async function fillFast(store: Store, count: number): Promise<void> {
  const keys = createKeys(ACCOUNT, "a");
  const listing = createAccountListing(ACCOUNT, { name: "a", serviceSid: serviceSid("a") });
  for (let at = 0; at < count; at += 1_000) {
    const records = Array.from({ length: 1_000 }, (_, index) => numbered(at + index));
    await store.setMany(
      records.map((record) => ({ key: keys.message(record.sid), value: JSON.stringify(record), ttlMs: 0 })),
    );
    const lines = records.map((record) => listing.line(record, 0));
    await store.compareAndSet(`filled:${at}`, undefined, "", 0, lines);
  }
}

describe("the messages of an account", () => {
  it("are those of its services, newest first, page by page and back again", async () => {
    const store = memoryStore();
    const sids = await fill(store, 25);
    const account = createAccountMessages(ACCOUNT, store);
    const first = await account.page({ limit: 10 });
    expect(first.messages.map(({ sid }) => sid)).toEqual(sids.slice(0, 10));
    expect(first.newer).toBeUndefined();
    const second = await account.page({ limit: 10, cursor: first.older });
    expect(second.messages.map(({ sid }) => sid)).toEqual(sids.slice(10, 20));
    const third = await account.page({ limit: 10, cursor: second.older });
    expect(third.messages.map(({ sid }) => sid)).toEqual(sids.slice(20));
    expect(third.older).toBeUndefined();
    const back = await account.page({ limit: 10, cursor: third.newer, back: true });
    expect(back.messages).toEqual(second.messages);
    const front = await account.page({ limit: 10, cursor: back.newer, back: true });
    expect(front.messages).toEqual(first.messages);
    expect(front.newer).toBeUndefined();
  });

  it("name the service that keeps them", async () => {
    const store = memoryStore();
    const [last = "", before = ""] = await fill(store, 2);
    const account = createAccountMessages(ACCOUNT, store);
    expect(await account.keeperOf(last)).toBe(serviceSid("b"));
    expect(await account.get(before)).toMatchObject({ sid: before, messagingServiceSid: serviceSid("a") });
    expect(await account.get(`SM${"0".repeat(32)}`)).toBeUndefined();
  });

  it("leave out what was removed, and what a filter leaves out", async () => {
    const store = memoryStore();
    const sids = await fill(store, 300);
    await messagesOf(store, "b").remove(sids[0] ?? "");
    const account = createAccountMessages(ACCOUNT, store);
    const all = await account.page({ limit: 1_000 });
    expect(all.messages.map(({ sid }) => sid)).toEqual(sids.slice(1));
    expect(await account.keeperOf(sids[0] ?? "")).toBeUndefined();
    const rare = await account.page({ limit: 2, to: "+14155550199" });
    expect(rare.messages.map(({ dateCreated }) => dateCreated.getTime())).toEqual([200, 100]);
    const rest = await account.page({ limit: 2, to: "+14155550199", cursor: rare.older });
    expect(rest.messages.map(({ dateCreated }) => dateCreated.getTime())).toEqual([0]);
    expect(rest.older).toBeUndefined();
  });

  it("are read by the page: 50 of 100,000 in a handful of store calls, wherever the page is", async () => {
    const { store, calls } = counted(memoryStore());
    await fillFast(store, 100_000);
    const account = createAccountMessages(ACCOUNT, store);
    const cost = async (request: Parameters<typeof account.page>[0]) => {
      const before = calls();
      const page = await account.page(request);
      return { page, calls: calls() - before };
    };
    let { page, calls: needed } = await cost({ limit: 50 });
    expect(needed).toBeLessThanOrEqual(3);
    for (let count = 0; count < 20; count++)
      ({ page, calls: needed } = await cost({ limit: 50, cursor: page.older }));
    expect(page.messages).toHaveLength(50);
    expect(needed).toBeLessThanOrEqual(3);
    // Behind a filter that leaves out 99 of 100, and behind one that leaves out all.
    expect((await cost({ limit: 50, to: "+14155550199" })).calls).toBeLessThanOrEqual(20);
    const nobody = await cost({ limit: 50, to: "+14155550111" });
    expect(nobody.calls).toBeLessThanOrEqual(10);
    expect(nobody.page).toMatchObject({ messages: [], older: expect.any(String) });
  });
});
