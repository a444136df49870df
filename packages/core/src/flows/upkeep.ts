import type { Timer } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import type { FlowContext } from "./context.ts";

/** What goes on beside the messages: taking in other processes' changes, and writing down what the store did not take. */
export interface Upkeep {
  start(): void;
  /** The store was reached, and what it says of itself is acceptable. @throws MessagingError INVALID_OPTION, STORE_UNAVAILABLE. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export function createUpkeep(ctx: FlowContext, { flush }: { readonly flush: () => Promise<number> }): Upkeep {
  let timer: Timer | undefined;
  let stopped = false;
  let turn = Promise.resolve();

  const run = async (): Promise<void> => {
    try {
      ctx.adopt(await ctx.store.get(ctx.keys.config));
      await flush();
    } catch (error) {
      ctx.logger.warn("The store did not answer the regular reading of settings.", { error: String(error) });
    }
  };
  const arm = (): void => {
    if (stopped) return;
    timer = ctx.clock.schedule(() => {
      turn = run().then(arm);
    }, ctx.options.refreshMs);
  };

  return Object.freeze({
    start: arm,
    async ready(): Promise<void> {
      for (const finding of (await ctx.store.inspect?.()) ?? []) {
        if (finding.level === "refuse")
          throw new MessagingError("INVALID_OPTION", `The store: ${finding.message}`);
        if (finding.level === "warn") ctx.events.alert(finding.code, finding.message);
      }
      ctx.adopt(await ctx.store.get(ctx.keys.config));
    },
    async close(): Promise<void> {
      stopped = true;
      timer?.cancel();
      await turn;
      await flush();
    },
  });
}
