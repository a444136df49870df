import type { Provider } from "../../src/provider.ts";

/** A provider that takes everything and calls nobody: for tests of what comes before it. */
export function createTestProvider(change: Partial<Provider> = {}): Provider {
  return {
    name: "test",
    simulated: true,
    send: async () => ({ outcome: "accepted", providerSid: "x" }),
    webhook: { verify: () => ({ ok: true }), parseInbound: () => [], parseReceipts: () => [] },
    ...change,
  };
}
