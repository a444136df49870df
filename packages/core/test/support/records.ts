import { createKeys, type Keys } from "../../src/records/keys.ts";
import type { MessageRecord } from "../../src/records/message-record.ts";
import { resolveSettings, type Settings, type SettingsInput } from "../../src/settings.ts";
import { createSid } from "../../src/sid.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";

/** A store of its own on a clock that a test turns, and what a repository takes. */
export interface RecordsWorld {
  readonly store: Store;
  readonly keys: Keys;
  readonly settings: () => Settings;
  readonly now: () => number;
  turn(ms: number): void;
}

export function createRecordsWorld(input: SettingsInput = {}): RecordsWorld {
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now, schedule: () => ({ cancel() {} }) };
  const settings = resolveSettings(input);
  return {
    store: memoryStore({ clock }),
    keys: createKeys(`AC${"0".repeat(32)}`, "test"),
    settings: () => settings,
    now: clock.now,
    turn(ms) {
      now += ms;
    },
  };
}

/** An outbound record as `send` writes it. */
export function aRecord(change: Partial<MessageRecord> = {}): MessageRecord {
  return {
    sid: createSid("SM"),
    direction: "outbound-api",
    to: "+14155550123",
    from: "+14155550100",
    body: "x",
    mediaUrl: [],
    kind: "SMS",
    status: "queued",
    errorCode: null,
    errorMessage: null,
    error: null,
    encoding: "GSM-7",
    numSegments: 1,
    createdAt: 0,
    updatedAt: 0,
    sentAt: null,
    sendAt: null,
    validityPeriod: 60,
    category: null,
    tags: null,
    provider: "test",
    providerSid: null,
    ambiguous: false,
    attempts: [],
    explanation: null,
    optOutType: null,
    sequence: 0,
    ...change,
  };
}
