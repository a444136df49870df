import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { createGuard, type Guard } from "../../src/webhook/guard.ts";

const BLOCKED = expect.objectContaining({ code: "WEBHOOK_BLOCKED" });

/** The host of a URL as the caller hands it to the guard. */
function hostOf(host: string): string {
  return new URL(`http://${host}/`).hostname;
}

function lookup(guard: Guard, hostname: string, options: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) =>
    guard.lookup(hostname, options, (error, address, family) =>
      error === null ? resolve(family === undefined ? address : { address, family }) : reject(error),
    ),
  );
}

function resolver(...addresses: readonly string[]): () => Promise<LookupAddress[]> {
  return async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
}

describe("createGuard", () => {
  it.each([
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::127.0.0.1]",
    "[::8.8.8.8]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:0:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::8.8.8.8]",
    "[2002:7f00:1::]",
    "[2002:808:808::1]",
    "[2001:0:4136:e378::]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[100::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[5f00::1]",
  ])("refuses %s", (host) => {
    expect(() => createGuard().check(hostOf(host))).toThrow(BLOCKED);
  });

  it.each(["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001", "127.0.0.1.", "①②⑦.0.0.1"])(
    "refuses loopback written as %s",
    (host) => {
      expect(() => createGuard().check(hostOf(host))).toThrow(BLOCKED);
    },
  );

  it.each([
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "[2606:4700::1111]",
    "[::ffff:8.8.8.8]",
    "[64:ff9b::808:808]",
  ])("permits %s", (host) => {
    expect(() => createGuard().check(hostOf(host))).not.toThrow();
  });

  it("leaves names to the lookup", () => {
    expect(() => createGuard().check("localhost")).not.toThrow();
  });

  it("refuses a name that resolves to this machine", async () => {
    await expect(lookup(createGuard(), "localhost")).rejects.toEqual(BLOCKED);
  });

  it("refuses a name by the address it resolves to", async () => {
    const guard = createGuard({ resolve: resolver("10.0.0.5") });
    await expect(lookup(guard, "intranet.example")).rejects.toEqual(BLOCKED);
  });

  it("yields the address it judged, from one resolution", async () => {
    const answers = [["93.184.216.34"], ["127.0.0.1"]];
    let asked = 0;
    const guard = createGuard({ resolve: () => resolver(...(answers[asked++] ?? []))() });
    await expect(lookup(guard, "rebinding.example")).resolves.toEqual({
      address: "93.184.216.34",
      family: 4,
    });
    expect(asked).toBe(1);
    await expect(lookup(guard, "rebinding.example")).rejects.toEqual(BLOCKED);
  });

  it("passes over the refused addresses of a name", async () => {
    const guard = createGuard({ resolve: resolver("127.0.0.1", "::1", "8.8.8.8", "2606:4700::1111") });
    await expect(lookup(guard, "mixed.example", { all: true })).resolves.toEqual([
      { address: "8.8.8.8", family: 4 },
      { address: "2606:4700::1111", family: 6 },
    ]);
  });

  it.each([6, "IPv6"])("answers the family that is asked for (%s)", async (family) => {
    const guard = createGuard({ resolve: resolver("8.8.8.8", "2606:4700::1111") });
    await expect(lookup(guard, "dual.example", { family })).resolves.toEqual({
      address: "2606:4700::1111",
      family: 6,
    });
  });

  it("says ENOTFOUND of a name without an address", async () => {
    const guard = createGuard({ resolve: resolver() });
    await expect(lookup(guard, "empty.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  it("hands on what the resolver says", async () => {
    const guard = createGuard({
      resolve: () => Promise.reject(Object.assign(new Error(), { code: "EAI_AGAIN" })),
    });
    await expect(lookup(guard, "broken.example")).rejects.toMatchObject({ code: "EAI_AGAIN" });
  });

  describe("with allow", () => {
    it.each([
      ["an address", "127.0.0.1"],
      ["a block", "127.0.0.0/8"],
    ])("permits %s and its mapped form", (_name, entry) => {
      const guard = createGuard({ allow: [entry] });
      expect(() => guard.check("127.0.0.1")).not.toThrow();
      expect(() => guard.check(hostOf("[::ffff:127.0.0.1]"))).not.toThrow();
      expect(() => guard.check("10.0.0.1")).toThrow(BLOCKED);
    });

    it("permits an IPv6 block", () => {
      const guard = createGuard({ allow: ["fd12::/16"] });
      expect(() => guard.check("[fd12:3::4]")).not.toThrow();
      expect(() => guard.check("[fd13::1]")).toThrow(BLOCKED);
    });

    it("permits a name whatever it resolves to, and no other name", async () => {
      const guard = createGuard({ allow: ["Hooks.Internal"], resolve: resolver("10.0.0.5") });
      await expect(lookup(guard, "hooks.internal")).resolves.toEqual({ address: "10.0.0.5", family: 4 });
      await expect(lookup(guard, "evil.hooks.internal")).rejects.toEqual(BLOCKED);
    });

    it.each(["", "*", "http://intranet", "10.0.0.0/33", "host:80", "a b"])(
      "refuses the entry %j",
      (entry) => {
        expect(() => createGuard({ allow: [entry] })).toThrow(
          expect.objectContaining({ code: "INVALID_OPTION", details: { option: "allow" } }),
        );
      },
    );
  });
});
