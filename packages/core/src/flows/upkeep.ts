import { isAlertCode, NOT_DURABLE } from "../alert.ts";
import { sleep, type Timer } from "../clock.ts";
import { isMessagingError, MessagingError } from "../errors.ts";
import type { StoreFinding } from "../store/store.ts";
import type { FlowContext } from "./context.ts";

/** What goes on beside the messages: signs of life, other processes' changes and remains, what the store did not take. */
export interface Upkeep {
  start(): void;
  /** The store was reached and is acceptable, and what earlier processes left is taken up. @throws MessagingError INVALID_OPTION, STORE_UNAVAILABLE. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Flows that {@link createUpkeep} is handed. */
export interface UpkeepFlows {
  /** Takes up the journal's STOPs. */
  readonly replay: () => Promise<void>;
  readonly flush: () => Promise<number>;
  readonly recover: () => Promise<number>;
  readonly checkOptOutRate: () => Promise<void>;
  /** Told whether the store does its work. */
  readonly storeAlerts: {
    readonly failed: (task: string, error: unknown) => void;
    readonly worked: (task: string) => void;
  };
  /** Looks at the conversations whose time has come. */
  readonly conversations: () => Promise<void>;
}

export function createUpkeep(
  ctx: FlowContext,
  { replay, flush, recover, checkOptOutRate, storeAlerts, conversations }: UpkeepFlows,
): Upkeep {
  /** A simulated carrier's messages may end with the process. */
  const isReal = ctx.options.providers.some((provider) => provider.simulated !== true);
  const timers = new Set<Timer>();
  /** Tasks that the store did not answer the last time: they say so once. */
  const waiting = new Set<string>();
  let stopped = false;
  const turns = new Set<Promise<void>>();

  /**
   * Does the task every so often, and waits for no other: a recovery that takes long must not cost the sign of life. A store
   * that does not answer is asked again the next time.
   */
  function every(ms: number, what: string, task: () => Promise<unknown>): void {
    if (stopped) return;
    const timer = ctx.clock.schedule(() => {
      timers.delete(timer);
      const turn = task()
        .then(
          () => {
            waiting.delete(what);
            storeAlerts.worked(what);
          },
          (error: unknown) => {
            const level = waiting.has(what) ? "debug" : "warn";
            ctx.logger[level](`${what} waits for the store.`, { error: String(error) });
            waiting.add(what);
            storeAlerts.failed(what, error);
          },
        )
        .then(() => {
          turns.delete(turn);
          every(ms, what, task);
        });
      turns.add(turn);
    }, ms);
    timers.add(timer);
  }

  return Object.freeze({
    start(): void {
      const { refreshMs, heartbeatMs } = ctx.options;
      every(refreshMs, "Reading settings", async () => ctx.adopt(await ctx.store.get(ctx.keys.config)));
      every(refreshMs, "Writing opt-outs down", flush);
      every(heartbeatMs, "The sign of life", () => ctx.outbox.checkpoint());
      every(heartbeatMs, "Recovery", recover);
      every(HOUR_MS, "The opt-out rate", checkOptOutRate);
      // A Redis can be configured while it runs.
      every(HOUR_MS, "A look at the store", async () => report(await inspect()));
      every(heartbeatMs, "Conversations", conversations);
    },
    async ready(): Promise<void> {
      // Before the store is asked: they bind even if it does not answer.
      await replay();
      const { name, durable } = ctx.store;
      if (!durable && isReal)
        ctx.events.alert("STORE_NOT_DURABLE", NOT_DURABLE, { store: name }, { subject: name });
      try {
        const findings = await inspect();
        const refusal = findings.find(({ level }) => level === "refuse");
        if (refusal !== undefined)
          throw new MessagingError("INVALID_OPTION", `The store: ${refusal.message}`);
        report(findings);
        ctx.adopt(await ctx.store.get(ctx.keys.config));
        await recover();
      } catch (error) {
        if (isMessagingError(error, "STORE_UNAVAILABLE"))
          ctx.events.alert("STORE_UNAVAILABLE", error.message, { store: name }, { subject: name });
        throw error;
      }
    },
    async close(): Promise<void> {
      stopped = true;
      for (const timer of timers) timer.cancel();
      await Promise.all(turns);
      // Best effort: a store that is gone must not keep the process from ending.
      await Promise.race([leave(), sleep(ctx.clock, LEAVE_MS)]);
    },
  });

  async function inspect(): Promise<readonly StoreFinding[]> {
    return (await ctx.store.inspect?.()) ?? [];
  }

  /** What a store of the user's own finds may have any name. */
  function report(findings: readonly StoreFinding[]): void {
    for (const { level, code, message } of findings) {
      if (level === "info" || code === "STORE_NOT_DURABLE") continue;
      const known = isAlertCode(code);
      const { name } = ctx.store;
      ctx.events.alert(
        known ? code : "STORE_FINDING",
        message,
        { store: name, finding: code },
        { subject: known ? name : `${name} ${code}` },
      );
    }
  }

  async function leave(): Promise<void> {
    try {
      await flush();
      await ctx.outbox.close();
    } catch (error) {
      ctx.logger.warn("The store did not take the last word of this process.", { error: String(error) });
    }
  }
}

/** A rate over a day changes slowly, and counting reads the day's log. */
const HOUR_MS = 3_600_000;
/** What closing waits for the store at most. */
const LEAVE_MS = 5_000;
