// Sends and sends on a memory store that keeps things for seconds; tells the parent its heap after each fifth.
import { createMessagingService, memoryStore } from "@messaging-service/core";

const sends = Number(process.argv[2]);
const { gc } = globalThis;
if (gc === undefined) throw new Error("run me with --expose-gc");
const RETENTION_SECONDS = 1;
const PARTS = 5;
const WIDTH = 200;
/** Sends that never wait for anything else are accepted faster than they are handed over. */
const MOST_WAITING = 5_000;

let handed = 0;
/** @type {import("@messaging-service/core").Provider} */
const provider = {
  name: "null",
  async send() {
    handed += 1;
    return { outcome: "accepted", providerSid: `${handed}` };
  },
  webhook: { verify: () => ({ ok: true }), parseInbound: () => [], parseReceipts: () => [] },
};
const service = createMessagingService({
  provider,
  store: memoryStore({ sweepEveryMs: 100 }),
  senders: Array.from({ length: 20 }, (_, index) => ({
    phoneNumber: `+1415555${String(index).padStart(4, "0")}`,
    throughput: 1_000_000,
  })),
  retention: RETENTION_SECONDS,
  heartbeatMs: 500,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
await service.ready();

/** @param {number} ms */
const pass = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let count = 0;
for (let part = 1; part <= PARTS; part += 1) {
  const until = (sends / PARTS) * part;
  const loop = async () => {
    while (count < until) {
      count += 1;
      const to = `+1212${String(2_000_000 + (count % 1_000))}`;
      await service.send({ to, body: `Number ${count}` });
      while (count - handed > MOST_WAITING) await pass(1);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, loop));
  // What has ended is gone a moment after; then what is left is what leaks.
  await pass(RETENTION_SECONDS * 1_000 + 1_000);
  gc();
  process.send?.(process.memoryUsage().heapUsed);
}
if (handed !== sends) throw new Error(`${handed} of ${sends} messages were handed over`);
await service.close();
process.disconnect();
