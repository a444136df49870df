import { describe, expect, it } from "vitest";
import type { Alert } from "../../src/alert.ts";
import { systemClock } from "../../src/clock.ts";
import { createEmitter } from "../../src/events.ts";
import { type Alerting, createAlerting } from "../../src/flows/alerts.ts";
import { silentLogger } from "../../src/logger.ts";
import { type Alerts, createAlerts } from "../../src/records/alerts.ts";
import { createRecordsWorld } from "../support/records.ts";

interface Told {
  readonly alerting: Alerting;
  readonly alerts: Alerts;
  /** "code count milestone", as forwarded. */
  readonly forwarded: readonly string[];
  readonly emitted: readonly Alert[];
}

/** A process of the service, on the store given. */
function start(alerts: Alerts, now: () => number): Told {
  const emitter = createEmitter(silentLogger);
  const emitted: Alert[] = [];
  const forwarded: string[] = [];
  emitter.on("alert", (alert: never) => emitted.push(alert));
  const clock = { ...systemClock, now };
  const service = [`AC${"0".repeat(32)}`, "test"] as const;
  const alerting = createAlerting({ clock, logger: silentLogger, emitter, alerts, service });
  alerting.forward((alert, milestone) => forwarded.push(`${alert.code} ${alert.count} ${milestone}`));
  return { alerting, alerts, forwarded, emitted };
}

function raise({ alerting }: Told, times: number, subject = "a"): void {
  for (let n = 0; n < times; n++) alerting.raise("WEBHOOK_FAILED", "broken", {}, { subject });
}

describe("alerts", () => {
  it("of more subjects than are told apart share an entry, and none is lost", async () => {
    const { store, keys, now } = createRecordsWorld();
    const told = start(createAlerts(store, keys), now);
    for (let n = 0; n < 10_050; n++) raise(told, 1, `https://host-${n}.example`);
    await told.alerting.flush();
    const all = await told.alerts.list(20_000);
    expect(all).toHaveLength(10_001);
    expect(all.find(({ subject }) => subject === "*")).toMatchObject({ code: "WEBHOOK_FAILED", count: 50 });
  });

  it("of one code are apart by the field's number", async () => {
    const { store, keys, now } = createRecordsWorld();
    const told = start(createAlerts(store, keys), now);
    for (const errorCode of [11200, 11202, 11200])
      told.alerting.raise("WEBHOOK_FAILED", "broken", {}, { subject: "a", errorCode });
    await told.alerting.flush();
    const counts = (await told.alerts.list()).map(({ errorCode, count }) => `${errorCode} ${count}`);
    expect(counts.toSorted()).toEqual(["11200 2", "11202 1"]);
  });

  it("are forwarded once for all processes: by the one whose write reaches 1, 10, 100, …", async () => {
    const { store, keys, now } = createRecordsWorld();
    const alerts = createAlerts(store, keys);
    const [first, second] = [start(alerts, now), start(alerts, now)];
    for (const [process, times] of [
      [first, 1],
      [second, 4],
      [first, 5],
      [second, 3],
      [first, 300],
    ] as const) {
      raise(process, times);
      await process.alerting.flush();
    }
    expect(first.forwarded).toEqual(["WEBHOOK_FAILED 1 1", "WEBHOOK_FAILED 10 10", "WEBHOOK_FAILED 313 100"]);
    expect(second.forwarded).toEqual([]);
    expect(second.emitted.map(({ count }) => count)).toEqual([1]);
  });

  it("are forwarded without a store, and not again when it has taken them", async () => {
    const { store, keys, now } = createRecordsWorld();
    let broken = true;
    const alerts = createAlerts(
      {
        ...store,
        getMany: (names) => (broken ? Promise.reject(new Error("broken")) : store.getMany(names)),
      },
      keys,
    );
    const told = start(alerts, now);
    raise(told, 3);
    await told.alerting.flush();
    raise(told, 4);
    await told.alerting.flush();
    expect(told.forwarded).toEqual(["WEBHOOK_FAILED 3 1"]);
    broken = false;
    await told.alerting.flush();
    expect(await alerts.list()).toMatchObject([{ count: 7 }]);
    raise(told, 5);
    await told.alerting.flush();
    expect(told.forwarded).toEqual(["WEBHOOK_FAILED 3 1", "WEBHOOK_FAILED 12 10"]);
  });

  it("are written when the service closes", async () => {
    const { store, keys, now } = createRecordsWorld();
    const told = start(createAlerts(store, keys), now);
    raise(told, 2);
    await told.alerting.flush();
    raise(told, 1);
    await told.alerting.close();
    expect(await told.alerts.list()).toMatchObject([{ count: 3 }]);
  });
});
