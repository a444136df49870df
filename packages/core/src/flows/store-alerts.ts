import { isMessagingError } from "../errors.ts";
import type { FlowContext } from "./context.ts";

/** What {@link createStoreAlerts} makes. */
export interface StoreAlerts {
  /** A task that asks the store again and again did not get through. */
  failed(task: string, error: unknown): void;
  /** It did. */
  worked(task: string): void;
}

/** Failures in a row of one task before it is trouble: one call that was late is none. */
const MANY = 2;

/**
 * Tells when the store is gone and when it is back, from what runs beside the messages: the reading of settings and the sign
 * of life come every few seconds, so that nothing needs to watch the messages' own calls.
 */
export function createStoreAlerts(ctx: Pick<FlowContext, "clock" | "events" | "store">): StoreAlerts {
  /** Failures in a row, by task. */
  const failing = new Map<string, number>();
  let since: number | undefined;

  return Object.freeze({
    failed(task: string, error: unknown): void {
      const isStore = isMessagingError(error, "STORE_UNAVAILABLE") || isMessagingError(error, "STORE_FULL");
      if (!isStore) return;
      const count = (failing.get(task) ?? 0) + 1;
      failing.set(task, count);
      if (count < MANY) return;
      since ??= ctx.clock.now();
      ctx.events.alert("STORE_UNAVAILABLE", error.message, { store: ctx.store.name, task }, subject());
    },
    worked(task: string): void {
      failing.delete(task);
      const isBack = since !== undefined && ![...failing.values()].some((count) => count >= MANY);
      if (!isBack) return;
      const seconds = Math.round((ctx.clock.now() - (since ?? 0)) / 1000);
      since = undefined;
      ctx.events.alert(
        "STORE_RECOVERED",
        `The ${ctx.store.name} store answers again, after ${seconds} s.`,
        { store: ctx.store.name, seconds },
        subject(),
      );
    },
  });

  function subject(): { readonly subject: string } {
    return { subject: ctx.store.name };
  }
}
