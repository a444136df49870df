import type { LogWrite, Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";

/** How far every process together has come in the slots, and the exact text. */
export interface SlotMark {
  readonly raw: string;
  readonly slot: number;
}

/**
 * What is to be looked at, by when: a log per quarter of a minute, so that neither a timer of one process nor a scan is
 * needed, and what was due while no process ran is found by the next.
 */
export interface DueSlots {
  /** The slot that comes at that time, ms, or right after it. */
  slotOf(at: number): number;
  /** The last slot that has come. */
  current(): number;
  /** The line that has `name` looked at in the slot, for a write that makes it. Ask {@link DueSlots.begin} first. */
  line(name: string, slot: number): LogWrite;
  /** From here on slots are worked off; asked once in each process. */
  begin(): Promise<void>;
  /** Whether this process has put anything into a slot. */
  isBegun(): boolean;
  /** What is due in a slot. */
  entries(slot: number): Promise<readonly string[]>;
  mark(): Promise<SlotMark | undefined>;
  /** Everything up to the slot is dealt with. */
  advance(mark: SlotMark, slot: number): Promise<boolean>;
}

const SLOT_MS = 15_000;
/** What nobody worked off ends by itself. */
const ENTRY_MS = 60 * 86_400_000;
const PAGE = 200;

export function createDueSlots(store: Store, keys: Keys, now: () => number): DueSlots {
  let begun: Promise<void> | undefined;
  const current = (): number => Math.floor(now() / SLOT_MS);
  return Object.freeze({
    slotOf: (at: number) => Math.ceil(at / SLOT_MS),
    current,
    line: (name: string, slot: number) => ({
      log: keys.due(slot),
      value: name,
      ttlMs: Math.max(0, slot * SLOT_MS - now()) + ENTRY_MS,
    }),
    begin() {
      begun ??= store.setIfAbsent(keys.lookedAt, String(current() - 1), 0).then(
        () => undefined,
        (error: unknown) => {
          begun = undefined;
          throw error;
        },
      );
      return begun;
    },
    isBegun: () => begun !== undefined,
    async entries(slot: number): Promise<readonly string[]> {
      const names: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await store.range(keys.due(slot), { after, limit: PAGE });
        names.push(...page.map(({ value }) => value));
        if (page.length < PAGE) return names;
        after = page.at(-1)?.cursor;
      }
    },
    async mark(): Promise<SlotMark | undefined> {
      const raw = await store.get(keys.lookedAt);
      return raw === undefined ? undefined : { raw, slot: Number(raw) };
    },
    advance: ({ raw }: SlotMark, slot: number) => store.compareAndSet(keys.lookedAt, raw, String(slot), 0),
  });
}
