import { createRequire } from "node:module";
import { createMessagingService, type Provider, silentLogger } from "@messaging-service/core";
import type { Recipient } from "../../packages/core/dist/phone/address.js";
import type { PlanFacts, PlanSettings } from "../../packages/core/dist/planning/plan.js";
import type { SenderPool } from "../../packages/core/dist/planning/pool.js";
import type { Sender } from "../../packages/core/dist/sender.js";

/** The planner is not public: the bench reads it from the build. */
const core = {
  ...(await import("../../packages/core/dist/phone/address.js")),
  ...(await import("../../packages/core/dist/planning/plan.js")),
  ...(await import("../../packages/core/dist/planning/pool.js")),
  ...(await import("../../packages/core/dist/planning/resolve-sender.js")),
};
const fromCore = createRequire(new URL("../../packages/core/package.json", import.meta.url));
const phones: Phones = fromCore("libphonenumber-js");

/** What the hand-written way uses of libphonenumber-js, a dependency of core and not of the bench. */
interface Phones {
  parsePhoneNumberFromString(
    text: string,
  ): { readonly country?: string; readonly nationalNumber: string } | undefined;
}

const SIZES = [10, 400, 100_000] as const;
const SETTINGS: PlanSettings = {
  stickySender: true,
  areaCodeGeomatch: true,
  mmsConverter: true,
  preRegistrationAlert: true,
};
const BODY = "Your table for two is booked for 7:30 pm on Friday. Reply C to cancel.";
const AREA_CODES = ["212", "305", "312", "415", "604", "416", "702", "808", "917", "202"] as const;
const ROUNDS = 31;

/** What is measured, on a pool of each size. */
interface Contender {
  readonly name: string;
  readonly run: (to: string) => unknown;
}

/**
 * Planning beside what a server would write by hand (libphonenumber-js, filters, a sort by load): microseconds a
 * message at each pool size, and how the time grows. Then adding and removing a sender in the largest pool.
 */
export async function run(report: (line: string) => void): Promise<void> {
  report("plan(to), µs a message, parsing included; growth from 10 to 100,000 senders");
  report(row("", [...SIZES.map((size) => `${size} senders`), "growth"]));
  const columns = SIZES.map((size) => measure(contendersOn(size)));
  const names = contendersOn(SIZES[0]).map(({ name }) => name);
  names.forEach((name, at) => {
    const times = columns.map((column) => column[at] ?? Number.NaN);
    const growth = (times[times.length - 1] ?? 0) / (times[0] ?? 1);
    report(row(name, [...times.map((time) => time.toFixed(2)), `× ${growth.toFixed(2)}`]));
  });
  report("allocated by a plan, bytes (a young heap's growth over 100 plans)");
  report(
    row(
      "",
      SIZES.map((size) => `${size} senders`),
    ),
  );
  const allocated = SIZES.map((size) => contendersOn(size).map(({ run }) => allocation(run)));
  for (const at of [0, 1])
    report(
      row(
        names[at] ?? "",
        allocated.map((column) => String(column[at] ?? Number.NaN)),
      ),
    );
  report("changing a pool of 100,000 senders, µs");
  report(row("", ["median", "99 of 100 within"]));
  const changed = { ...changes(core.createSenderPool(sendersOf(100_000))), ...(await serviceChanges()) };
  for (const [name, times] of Object.entries(changed)) {
    times.sort((a, b) => a - b);
    report(
      row(
        name,
        [times[times.length >> 1], times[Math.floor(times.length * 0.99)]].map((time) =>
          (time ?? 0).toFixed(1),
        ),
      ),
    );
  }
  report(`100,000 recipients over 50 senders, most over mean: ${spread(100_000, 50).toFixed(4)}`);
}

/** Bytes a call allocates: the least of many rounds, since a collection in the middle of one makes it less than nothing. */
function allocation(run: Contender["run"]): number {
  time(run, 500);
  const rounds = Array.from({ length: 25 }, () => {
    const before = process.memoryUsage().heapUsed;
    time(run, 100);
    return (process.memoryUsage().heapUsed - before) / 100;
  }).filter((bytes) => bytes > 0);
  return Math.round(rounds.sort((a, b) => a - b)[rounds.length >> 1] ?? Number.NaN);
}

/** Adding and removing through a service: its list in code, its changes in a store. */
async function serviceChanges(): Promise<Readonly<Record<string, number[]>>> {
  const service = createMessagingService({
    provider: NOBODY,
    store: "memory",
    senders: sendersOf(100_000).map(({ id }) => id),
    poolLimit: 200_000,
    logger: silentLogger,
  });
  await service.ready();
  const times = { "senders.add": [] as number[], "senders.remove": [] as number[] };
  for (const { id } of sendersOf(100_200).slice(100_000)) {
    const start = performance.now();
    await service.senders.add(id);
    const between = performance.now();
    await service.senders.remove(id);
    times["senders.add"].push((between - start) * 1_000);
    times["senders.remove"].push((performance.now() - between) * 1_000);
  }
  await service.close();
  return times;
}

/** A carrier that is never asked. */
const NOBODY: Provider = {
  name: "nobody",
  simulated: true,
  send: () => Promise.reject(new Error("nothing is sent here")),
  webhook: { verify: () => ({ ok: true }), parseInbound: () => [], parseReceipts: () => [] },
};

/** Most over mean of so many fresh recipients, each planned and counted. */
function spread(recipients: number, senders: number): number {
  const equal = Array.from({ length: senders }, (_, at) =>
    core.resolveSender(`+1415555${1_000 + at}`, { defaultProvider: "twilio", membership: `m${at}` }),
  );
  const pool = core.createSenderPool(equal);
  const counts = new Map<string, number>();
  for (let n = 0; n < recipients; n += 1) {
    const to = core.parseRecipient(`+1415${2_000_000 + n}`);
    const request = { to, body: BODY, mediaUrl: [], smartEncoding: true };
    const id = core.plan(pool, SETTINGS, request, {}).decision?.sender.id ?? "";
    pool.addMapping(id, 1);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return Math.max(...counts.values()) / (recipients / senders);
}

function contendersOn(size: number): readonly Contender[] {
  const senders = sendersOf(size);
  const pool = core.createSenderPool(senders);
  for (const [at, { id }] of senders.entries()) pool.addMapping(id, at % 7);
  const sticky = { sticky: senders[size >> 1]?.membership };
  return [
    { name: "sticky hit", run: planner(pool, () => sticky) },
    { name: "fresh recipient", run: planner(pool, () => ({})) },
    { name: "three senders excluded", run: planner(pool, () => ({ excluded: EXCLUDED })) },
    { name: "by hand, fresh recipient", run: byHand(senders, pool) },
  ];
}

const EXCLUDED: ReadonlySet<string> = new Set(sendersOf(3).map(({ id }) => id));

function planner(pool: SenderPool, facts: () => PlanFacts): Contender["run"] {
  return (number) => {
    const to: Recipient = core.parseRecipient(number);
    return core.plan(pool, SETTINGS, { to, body: BODY, mediaUrl: [], smartEncoding: true }, facts()).decision;
  };
}

/** Country, then area code, then the fewest mappings, as one would write it in an afternoon. */
function byHand(senders: readonly Sender[], pool: SenderPool): Contender["run"] {
  const mappings = ({ id }: Sender): number => pool.load(id)?.mappings ?? 0;
  return (number) => {
    const phone = phones.parsePhoneNumberFromString(number);
    const able = senders.filter(({ capabilities }) => capabilities.includes("SMS"));
    const same = able.filter(({ country }) => country === phone?.country);
    const areaCode = phone?.nationalNumber.slice(0, 3);
    const near = same.filter((sender) => sender.areaCode === areaCode);
    const best = [near, same, able].find(({ length }) => length > 0) ?? [];
    return best.sort((a, b) => mappings(a) - mappings(b))[0];
  };
}

/** US and Canadian long codes in ten area codes, so that each holds a tenth of the pool. */
function sendersOf(size: number): readonly Sender[] {
  return Array.from({ length: size }, (_, at) => {
    const number = `+1${AREA_CODES[at % 10]}${String(2_000_000 + Math.floor(at / 10))}`;
    return core.resolveSender(number, { defaultProvider: "twilio", membership: `m${at}` });
  });
}

/** Microseconds a call of each contender: the median of rounds in which all take turns. */
function measure(contenders: readonly Contender[]): readonly number[] {
  const batches = contenders.map(({ run }) => {
    time(run, 200);
    return Math.max(1, Math.ceil(4_000 / time(run, 20)));
  });
  const samples = contenders.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    contenders.forEach(({ run }, at) => {
      samples[at]?.push(time(run, batches[at] ?? 1));
    });
  }
  return samples.map((times) => times.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN);
}

/** Where results go, so that no call can be optimised away. */
const kept: unknown[] = [];
let recipient = 0;

function time(run: Contender["run"], calls: number): number {
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) {
    recipient = (recipient + 7_919) % 1_000_000;
    kept[0] = run(`+1${AREA_CODES[recipient % 10]}9${String(recipient).padStart(6, "0")}`);
  }
  return Number(process.hrtime.bigint() - start) / 1_000 / calls;
}

function changes(pool: SenderPool): Readonly<Record<string, number[]>> {
  const times: Record<"add" | "remove" | "addMapping" | "setBusy", number[]> = {
    add: [],
    remove: [],
    addMapping: [],
    setBusy: [],
  };
  const clock = (name: keyof typeof times, change: () => void): void => {
    const start = process.hrtime.bigint();
    change();
    times[name].push(Number(process.hrtime.bigint() - start) / 1_000);
  };
  const newcomers = sendersOf(102_000).slice(100_000);
  const ids = sendersOf(2_000).map(({ id }) => id);
  for (const sender of newcomers) clock("add", () => pool.add(sender));
  for (const id of ids) clock("addMapping", () => pool.addMapping(id, 1));
  for (const id of ids) clock("setBusy", () => pool.setBusy(id, true));
  for (const id of ids) clock("remove", () => void pool.remove(id));
  return times;
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(26) + cells.map((cell) => cell.padStart(17)).join("");
}
