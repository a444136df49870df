import type { Provider } from "@messaging-service/core";

export const BODY = "Your table is booked for tonight at eight. Reply STOP to opt out.";
export const ORIGIN = "http://app.example";
const SENDERS = 50;

/** Senders of San Francisco at that rate each. */
export function senders(throughput: number): { readonly phoneNumber: string; readonly throughput: number }[] {
  return Array.from({ length: SENDERS }, (_, n) => ({ phoneNumber: senderOf(n), throughput }));
}

/** The sender of the n-th message, where nobody chooses one. */
export function senderOf(n: number): string {
  return `+1415555${1_000 + (n % SENDERS)}`;
}

/** The n-th recipient. */
export function phone(n: number): string {
  return `+1212${String(2_000_000 + n)}`;
}

/** A carrier that takes everything at once: what is left to measure is the way to it and back. */
export function instantCarrier(): Provider {
  let count = 0;
  return {
    name: "instant",
    simulated: true,
    async send() {
      count += 1;
      return { outcome: "accepted", providerSid: `${count}` };
    },
    webhook: { verify: () => ({ ok: true }), parseInbound: () => [], parseReceipts: () => [] },
  };
}
