import type { Line, Row } from "../src/inbox.ts";
import { TOKEN, type World } from "./world.ts";

/** One server-sent event. */
export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Partial<Row & Pick<Line, "status" | "reason">> & { readonly resumed?: boolean };
}

/** A page that listens, as a browser does. */
export interface Listener {
  /** The next event; comments are passed over. Rejects when the stream is over. */
  next(): Promise<ServerSentEvent>;
  /** The events up to the first that the predicate likes. */
  until(wanted: (event: ServerSentEvent) => boolean | undefined): Promise<readonly ServerSentEvent[]>;
  /** The next comment. */
  comment(): Promise<string>;
  /** The last ID it was given. */
  readonly lastEventId: string | undefined;
  /** Resolves when the server ends the stream. */
  ended(): Promise<void>;
  leave(): void;
}

/** Opens the event stream with a cookie of its own. */
export async function listen({ url }: Pick<World, "url">, lastEventId?: string): Promise<Listener> {
  const signedIn = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: TOKEN, name: "Ada" }),
  });
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/events`, {
    headers: { cookie, ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }) },
    signal: leaving.signal,
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`The stream answered ${response.status}.`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let seen = lastEventId;

  async function block(): Promise<string> {
    for (;;) {
      const at = text.indexOf("\n\n");
      if (at !== -1) {
        const found = text.slice(0, at);
        text = text.slice(at + 2);
        return found;
      }
      const { value, done } = await reader.read();
      if (done) throw new Error("The stream is over.");
      text += value;
    }
  }

  async function next(): Promise<ServerSentEvent> {
    for (;;) {
      const lines = (await block()).split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line));
      const fields = Object.fromEntries(lines.flatMap((line) => (line === null ? [] : [[line[1], line[2]]])));
      seen = fields.id ?? seen;
      if (fields.data !== undefined)
        return { id: fields.id, event: fields.event ?? "message", data: JSON.parse(fields.data) };
    }
  }

  return {
    next,
    async until(wanted) {
      const events = [];
      do events.push(await next());
      while (!wanted(events.at(-1) as ServerSentEvent));
      return events;
    },
    async comment() {
      for (;;) {
        const found = await block();
        if (found.startsWith(":")) return found.slice(1).trim();
      }
    },
    get lastEventId() {
      return seen;
    },
    async ended() {
      for (;;) if ((await reader.read()).done) return;
    },
    leave: () => leaving.abort(),
  };
}
