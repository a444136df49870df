import { PassThrough } from "node:stream";
import { type Change, isMessagingError, type MessagingService, type Timer } from "@messaging-service/core";
import type { Context } from "koa";
import type { Inbox } from "./inbox.ts";

/** Tells the agents' pages what has changed, as server-sent events. */
export interface News {
  /** Answers with a stream that goes on until the page leaves, `until` (ms since 1970) has come, or this closes. */
  stream(ctx: Context, until: number): void;
  /** How many pages listen. */
  count(): number;
  close(): void;
}

/** So many events a page that was away for a moment is told when it comes back. */
const KEPT = 500;
/** Proxies end a connection on which nothing moves. */
const HEARTBEAT_MS = 15_000;
/** Characters. A page that does not read is let go: it begins anew when it is back. */
const MOST_UNREAD = 1_000_000;
const AGAIN_MS = 1_000;

/**
 * Follows the service's feed, which tells of every process on the store, once for all pages. An event's ID is its place
 * in the feed: a browser that connects again says which was its last, and any process can go on from there.
 */
export function createNews(service: MessagingService, inbox: Inbox): News {
  const { conversations, clock } = service;
  const pages = new Map<PassThrough, number>();
  const kept: { readonly id: string; readonly text: string }[] = [];
  const end = new AbortController();
  let newest: string | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let heartbeat: Timer;

  // What is noted on a conversation (that it was read) is no change of the feed.
  const off = service.on("conversation", ({ type, conversation: { sid } }) => {
    if (type === "updated") inOrder(async () => put(await frameOf(sid))).catch(() => {});
  });
  const begun = begin();
  void follow();
  beat();

  /** Where the feed stands: what was before, a page reads when it begins. */
  async function begin(): Promise<void> {
    await untilDone(async () => {
      newest = (await service.lastChange())?.cursor;
    });
  }

  async function follow(): Promise<void> {
    await begun;
    await untilDone(async () => {
      for await (const change of service.changes({ after: newest, signal: end.signal }))
        await inOrder(async () => put(await tellOf(change), change.cursor));
    });
  }

  /** A store that does not answer, which the service logs, is asked again: the feed goes on where it was. */
  async function untilDone(act: () => Promise<void>): Promise<void> {
    while (!end.signal.aborted)
      try {
        return await act();
      } catch {
        await new Promise<void>((resolve) => clock.schedule(resolve, AGAIN_MS));
      }
  }

  /** One after the other: of two readings of a conversation, the later one is told last. */
  function inOrder(act: () => Promise<void>): Promise<void> {
    const done = last.then(act);
    last = done.catch(() => {});
    return done;
  }

  async function tellOf(change: Change): Promise<string> {
    try {
      if (change.type === "conversation") return await frameOf(change.sid);
      if (change.type === "status") return await frameOfStatus(change);
      return change.type === "inbound" ? "" : frame("consent", { address: change.address });
    } catch (error) {
      if (isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
      // One that is gone by now holds up nobody.
      return "";
    }
  }

  async function frameOfStatus({ sid, status, errorCode }: Change & { type: "status" }): Promise<string> {
    return frame("status", { messageSid: sid, status, reason: await inbox.reason(sid, errorCode) });
  }

  async function frameOf(sid: string): Promise<string> {
    const conversation = await conversations.get(sid);
    return conversation === undefined ? "" : frame("conversation", await inbox.row(conversation));
  }

  function put(text: string, id = newest): void {
    newest = id;
    // Where there is nothing to tell, pages learn how far the feed has come.
    const event = { id: id ?? "", text: `${idLine(id)}${text || "\n"}` };
    kept.push(event);
    if (kept.length > KEPT) kept.shift();
    for (const page of pages.keys()) write(page, event.text);
  }

  function beat(): void {
    heartbeat = clock.schedule(beat, HEARTBEAT_MS);
    for (const [page, until] of pages) {
      if (clock.now() >= until) dismiss(page);
      else write(page, ": still here\n\n");
    }
  }

  function write(page: PassThrough, text: string): void {
    page.write(text);
    if (page.writableLength > MOST_UNREAD) page.destroy();
  }

  function dismiss(page: PassThrough): void {
    pages.delete(page);
    page.end();
  }

  return {
    stream(ctx, until) {
      const page = new PassThrough();
      page.once("close", () => pages.delete(page));
      ctx.set("X-Accel-Buffering", "no");
      ctx.type = "text/event-stream";
      ctx.body = page;
      void begun.then(() => {
        if (end.signal.aborted) page.end();
        if (page.destroyed || page.writableEnded) return;
        const seen = ctx.get("Last-Event-ID");
        const at = kept.findIndex(({ id }) => id === seen);
        const resumed = seen !== "" && (at !== -1 || seen === newest);
        page.write(`retry: 1000\n${idLine(resumed ? seen : newest)}${frame("ready", { resumed })}`);
        if (resumed) for (const missed of kept.slice(at + 1)) page.write(missed.text);
        pages.set(page, until);
      });
    },
    count: () => pages.size,
    close() {
      off();
      end.abort();
      heartbeat.cancel();
      for (const page of pages.keys()) dismiss(page);
    },
  };
}

/** JSON has no line breaks of its own, so that an event's data is one line. */
function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function idLine(id: string | undefined): string {
  return id === undefined ? "" : `id: ${id}\n`;
}
