import { sleep, staying } from "../clock.ts";
import { isMessagingError } from "../errors.ts";
import { fields, flag, invalid } from "../option-checks.ts";
import type { Change } from "../records/changes.ts";
import type { FlowContext } from "./context.ts";

/** Which part of the feed is read. */
export interface FeedOptions {
  /** Cursor of the last change worked off. Default: from the oldest kept. */
  readonly after?: string | undefined;
  /** Waits for what comes. Default true; false ends at the newest. */
  readonly follow?: boolean | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

const FIELDS = ["after", "follow", "signal"];
const PAGE = 200;
const POLL_MS = 250;

/**
 * `service.changes`: reads the log page by page; what comes in any process shows within a quarter of a second. Throws at
 * once INVALID_OPTION, UNKNOWN_REQUEST_OPTION: a `follow` that is misspelt would wait for ever.
 */
export function createFeed(ctx: FlowContext, isClosed: () => boolean) {
  return function changes(options: FeedOptions = {}): AsyncGenerator<Change> {
    fields("changes", options, FIELDS);
    const { after, follow = true, signal } = options;
    if (signal !== undefined && typeof signal?.aborted !== "boolean")
      throw invalid("signal", signal, "an AbortSignal");
    return read(after, flag("follow", follow), signal);
  };

  async function* read(
    after: string | undefined,
    follow: boolean,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Change> {
    let cursor = after;
    for (let waited = false; ; ) {
      // A store that was closed with the service does not answer; what it held before was read.
      const page = await ctx.changes.page(cursor, PAGE).catch((error: unknown) => {
        if (waited && isClosed() && isMessagingError(error, "STORE_UNAVAILABLE")) return [];
        throw error;
      });
      for (const change of page) {
        if (signal?.aborted === true) return;
        cursor = change.cursor;
        yield change;
      }
      if (page.length === PAGE) continue;
      if (!follow || isClosed() || signal?.aborted === true) return;
      await staying(ctx.clock, () => sleep(ctx.clock, POLL_MS));
      waited = true;
    }
  }
}
