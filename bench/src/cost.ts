import {
  createMessagingService,
  type KeyvLike,
  keyvStore,
  type MessagingService,
  type Provider,
  type Queue,
  silentLogger,
} from "@messaging-service/core";
import { type Command, openKeyv, startRedis } from "./cost/redis.ts";

/** Round trips, one after the other, that a call waits for; commands sent together are one. */
export interface Waves {
  /** To a recipient whose sender is known. */
  readonly stickyHit: number;
  /** To somebody new. */
  readonly firstContact: number;
  readonly explain: number;
  /** An inbound message that is no keyword, up to its answer. */
  readonly inbound: number;
  /** A STOP with its reply, up to its answer. */
  readonly stop: number;
  /** From a message's turn to the outcome on record, without the provider's own time. */
  readonly deliver: number;
}

/** What sticky mappings occupy in Redis, in bytes. */
export interface StickyBytes {
  /** The value of one mapping, as stored. */
  readonly value: number;
  /** One mapping's MEMORY USAGE: key, value, and Redis's own. */
  readonly memory: number;
  /** The same and its line in the log of mappings, as an average over many. */
  readonly withLog: number;
}

/** Microseconds of one read after the other. */
export interface ReadCost {
  readonly raw: number;
  readonly store: number;
  readonly keyv: number;
}

/** Round trips, bytes and Keyv's own cost, measured against a real Redis. */
export async function run(report: (line: string) => void): Promise<void> {
  const redis = await startRedis();
  try {
    const waves = await measureWaves(redis.url);
    report(
      "round trips before the call resolves (the first send of a process, which also registers it, is left out)",
    );
    for (const [name, count] of Object.entries(waves)) report(`${name.padEnd(14)}${count}`);
    const { value, memory, withLog } = await measureStickyBytes(redis.url);
    const million = (bytes: number): string => `${Math.round((bytes * 1e6) / 2 ** 20)} MiB a million`;
    report("bytes of a sticky mapping");
    report(`${"value".padEnd(14)}${value}`);
    report(`${"MEMORY USAGE".padEnd(14)}${memory}, ${million(memory)}`);
    report(`${"with its log".padEnd(14)}${withLog.toFixed(0)}, ${million(withLog)}`);
    const { raw, store, keyv } = await measureReads(redis.url);
    report(
      "one read after the other, µs; the service goes through its store, which speaks raw commands in Keyv's format",
    );
    report(`${"raw GET".padEnd(14)}${raw.toFixed(0)}`);
    report(`${"store.get".padEnd(14)}${store.toFixed(0)}, × ${(store / raw).toFixed(2)}`);
    report(`${"keyv.get".padEnd(14)}${keyv.toFixed(0)}, × ${(keyv / raw).toFixed(2)}`);
  } finally {
    redis.stop();
  }
}

/** Counts the waves of each call on the Redis at `url`. A first send warms up: it also registers the process. */
export async function measureWaves(url: string): Promise<Waves> {
  const waves = await openKeyv(url);
  const handed: (() => Promise<void>)[] = [];
  const service = createService(waves.keyv, { queue: holdingQueue(handed) });
  try {
    await service.ready();
    await service.send({ to: "+14155552000", body: "Warm" });
    const stickyHit = await waves.count(() => service.send({ to: "+14155552000", body: "Hello" }));
    const firstContact = await waves.count(() => service.send({ to: "+14155552001", body: "Hello" }));
    const explain = await waves.count(() => service.explain({ to: "+14155552002", body: "Hello" }));
    const inbound = await waves.count(() => receive(service, "+14155552003", "Hello"));
    const stop = await waves.count(() => receive(service, "+14155552004", "STOP"));
    const [turn] = handed;
    const deliver = await waves.count(async () => turn?.());
    return { stickyHit, firstContact, explain, inbound, stop, deliver };
  } finally {
    await service.close({ timeoutMs: 0 });
    await waves.close();
  }
}

/** Weighs sticky mappings on the empty Redis at `url`: one, and the average of `count`. */
export async function measureStickyBytes(url: string, count = 10_000): Promise<StickyBytes> {
  const { keyv, command, close } = await openKeyv(url);
  const service = createService(keyv, {});
  try {
    await service.ready();
    await command("FLUSHALL");
    await service.send({ to: "+14155552000", body: "Hello" });
    const [key = ""] = ((await command("KEYS", "*sticky:sms:*")) as string[]).filter(
      (each) => !each.endsWith("~log"),
    );
    const value = Number(await command("STRLEN", key));
    const memory = Number(await command("MEMORY", "USAGE", key));
    await command("FLUSHALL");
    const before = await usedMemory(command);
    for (let start = 0; start < count; start += 500) {
      await Promise.all(
        Array.from({ length: 500 }, (_, at) => service.sticky.pin(`+1415${2_000_000 + start + at}`, SENDER)),
      );
    }
    const withLog = ((await usedMemory(command)) - before) / count;
    return { value, memory, withLog };
  } finally {
    await service.close({ timeoutMs: 0 });
    await close();
  }
}

const SENDER = "+14155550100";
const ACCOUNT = `AC${"0".repeat(32)}`;

const provider: Provider = {
  name: "bench",
  accountSid: ACCOUNT,
  send: async () => ({ outcome: "accepted", providerSid: "SM1" }),
  webhook: {
    verify: () => ({ ok: true }),
    parseInbound: ({ parameters }) => [
      {
        providerSid: String(parameters.sid),
        from: String(parameters.from),
        to: SENDER,
        body: String(parameters.body),
        media: [],
        parameters: {},
      },
    ],
    parseReceipts: () => [],
    renderReply: (replies) => ({ status: 200, headers: {}, body: JSON.stringify(replies) }),
  },
};

function createService(store: KeyvLike, options: { readonly queue?: Queue }): MessagingService {
  return createMessagingService({
    ...options,
    provider,
    store,
    senders: [SENDER],
    optOut: { brand: "Bench" },
    logger: silentLogger,
    // Nothing is counted but the call itself.
    refreshMs: 3_600_000,
    heartbeatMs: 600_000,
  });
}

/** A queue that keeps its jobs until told to run one. */
function holdingQueue(turns: (() => Promise<void>)[]): Queue {
  let run: Parameters<Queue["start"]>[0] = async () => {};
  return {
    start: (given) => {
      run = given;
    },
    add(job) {
      turns.push(() => run(job));
      return "added";
    },
    remove: () => false,
    busy: () => false,
    size: () => 0,
    pause() {},
    close: async () => [],
  };
}

let texts = 0;

async function receive(service: MessagingService, from: string, body: string): Promise<void> {
  texts += 1;
  const form = new URLSearchParams({ sid: `SM${String(texts).padStart(32, "0")}`, from, body }).toString();
  const answer = await service.handle("inbound", {
    method: "POST",
    url: "/messaging/inbound",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new TextEncoder().encode(form),
  });
  if (answer?.status !== 200) throw new Error(`The text "${body}" was answered ${answer?.status}.`);
}

async function measureReads(url: string): Promise<ReadCost> {
  const { keyv, command, close } = await openKeyv(url);
  const store = keyvStore(keyv);
  await store.set("key", "a value of a few bytes", 0);
  const [name = ""] = (await command("KEYS", "*key")) as string[];
  const raw = await time(() => command("GET", name));
  const through = await time(() => store.get("key"));
  const plain = await time(() => keyv.get("key"));
  await close();
  return { raw, store: through, keyv: plain };
}

/** Microseconds a call, the median of rounds. */
async function time(task: () => Promise<unknown>): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 21; round += 1) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < 200; call += 1) await task();
    rounds.push(Number(process.hrtime.bigint() - start) / 200_000);
  }
  return rounds.sort((a, b) => a - b)[10] ?? Number.NaN;
}

async function usedMemory(command: Command): Promise<number> {
  const info = String(await command("INFO", "memory"));
  return Number(/used_memory:(\d+)/.exec(info)?.[1]);
}
