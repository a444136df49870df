import type { Clock } from "../clock.ts";

/** Unknown codes that one address may ask for at once, and how often one more. */
const BURST = 20;
const EACH_MS = 3_000;
/** Addresses remembered; beyond it the one that missed longest ago is forgotten. */
const MOST_ADDRESSES = 10_000;

/** Who asked for links that are none, in this process. */
export interface Misses {
  /** Milliseconds until an address may miss again; 0: it may now. */
  wait(address: string | undefined): number;
  /** It missed once more. */
  count(address: string | undefined): void;
}

/**
 * Slows down who tries codes: 20 unknown ones, then one every 3 seconds for each remote address. An IPv6 network of 64
 * bits is one address: whoever has one of its addresses has them all. Those whose address nobody knows share one count.
 */
export function createMisses(clock: Clock): Misses {
  /** When the misses so far would have been spaced as they should be (the generic cell rate algorithm). */
  const spent = new Map<string, number>();
  return Object.freeze({
    wait(address: string | undefined): number {
      const until = spent.get(networkOf(address)) ?? 0;
      return Math.max(0, until - clock.now() - (BURST - 1) * EACH_MS);
    },
    count(address: string | undefined): void {
      const network = networkOf(address);
      const until = Math.max(spent.get(network) ?? 0, clock.now()) + EACH_MS;
      // Re-inserted, so that the oldest stands first.
      spent.delete(network);
      spent.set(network, until);
      if (spent.size > MOST_ADDRESSES) spent.delete(spent.keys().next().value ?? "");
    },
  });
}

/** An IPv4 address as it is, also out of its IPv6 form; of an IPv6 address the first 64 bits. */
function networkOf(address = ""): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [left = [], right = []] = address
    .split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":").toLowerCase();
}
