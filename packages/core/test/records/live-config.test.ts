import { describe, expect, it } from "vitest";
import { OPTION_NAMES, resolveOptions } from "../../src/options.ts";
import { createConfig } from "../../src/records/config.ts";
import { createLiveConfig, type LiveConfig } from "../../src/records/live-config.ts";
import { createTestProvider } from "../support/provider.ts";
import { createRecordsWorld, type RecordsWorld } from "../support/records.ts";

const A = "+14155550100";
const B = "+12125550100";
const open = (
  world: RecordsWorld = createRecordsWorld(),
  senders: readonly string[] = [A],
): LiveConfig & { readonly errors: readonly unknown[]; refresh(): Promise<void> } => {
  const errors: unknown[] = [];
  const config = createConfig(world.store, world.keys);
  const live = createLiveConfig({
    optionNames: OPTION_NAMES,
    options: resolveOptions({ provider: createTestProvider(), senders }),
    config,
    onUnusable: (error) => errors.push(error),
  });
  return { ...live, errors, refresh: async () => live.adopt(await config.read()) };
};
const ids = (live: LiveConfig): readonly string[] => live.pool.list().map(({ id }) => id);

describe("the pool of code and store", () => {
  it("is code's list, less what was removed, plus what was added", async () => {
    const world = createRecordsWorld();
    const first = open(world);
    await first.addSender(B);
    await first.removeSender(A);
    expect(ids(first)).toEqual([B]);
    const second = open(world);
    expect(ids(second)).toEqual([A]);
    await second.refresh();
    expect(ids(second)).toEqual([B]);
  });

  it("gives a sender one membership in every process, and a new one when it comes back", async () => {
    const world = createRecordsWorld();
    const [first, second] = [open(world), open(world)];
    const before = first.pool.get(A)?.membership;
    expect(second.pool.get(A)?.membership).toBe(before);
    await first.removeSender(A);
    await first.addSender(A);
    await second.refresh();
    const after = first.pool.get(A)?.membership;
    expect(after).not.toBe(before);
    expect(second.pool.get(A)?.membership).toBe(after);
  });

  it("keeps what it has when another version wrote what it cannot read, and says so", async () => {
    const world = createRecordsWorld();
    const live = open(world);
    await world.store.set(world.keys.config, '{"settings":{"validityPeriod":"soon"}}', 0);
    await live.refresh();
    expect(ids(live)).toEqual([A]);
    expect(live.settings().validityPeriod).toBe(36_000);
    expect(live.errors).toHaveLength(1);
    await world.store.set(world.keys.config, "no json", 0);
    await live.refresh();
    expect(live.errors).toHaveLength(2);
  });
});

describe("settings changed at run time", () => {
  it("go before code's, function or not, each way", async () => {
    const world = createRecordsWorld();
    const live = open(world);
    const webhook = (): void => {};
    await live.update({ webhook, validityPeriod: 5 });
    expect(live.settings()).toMatchObject({ webhook, validityPeriod: 5 });
    await live.update({ webhook: { url: "https://a/b" } });
    expect(live.settings().webhook).toEqual({ url: "https://a/b" });
    const other = open(world);
    await other.refresh();
    expect(other.settings()).toMatchObject({ webhook: { url: "https://a/b" }, validityPeriod: 5 });
  });

  it("by a function start from what another process has written", async () => {
    const world = createRecordsWorld();
    const [first, second] = [open(world), open(world)];
    const brand = (name: string) => (settings: { readonly optOut?: object | undefined }) => ({
      optOut: { ...settings.optOut, [name]: "Acme" },
    });
    await Promise.all([first.update(brand("brand")), second.update(brand("supportContact"))]);
    await first.refresh();
    expect(first.settings().optOut).toEqual({ brand: "Acme", supportContact: "Acme" });
    await expect(first.update(() => ({ validityPeriod: 0 }))).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  });

  it("by nothing take in what another process has written", async () => {
    const world = createRecordsWorld();
    const [first, second] = [open(world), open(world)];
    await first.update({ validityPeriod: 5 });
    expect((await second.update({})).validityPeriod).toBe(5);
  });

  it("that are wrong reach neither the process nor the store", async () => {
    const world = createRecordsWorld();
    const live = open(world);
    await expect(live.update({ validityPeriod: 0 })).rejects.toMatchObject({ code: "INVALID_OPTION" });
    expect(await world.store.get(world.keys.config)).toBeUndefined();
  });
});
