import type { LookupFunction } from "node:net";
import { Client, type Dispatcher } from "undici";

/** What a request's connection tells of it. */
export type ConnectionHandler = Dispatcher.DispatchHandler;

/** A connection to one origin that carries one request at a time. */
export interface Connection {
  readonly origin: string;
  /** How many answers it has carried since it was connected. */
  served: number;
  /** Writes a request. The handler is told what comes of it; nothing here bounds how long that takes. */
  dispatch(request: Omit<Dispatcher.DispatchOptions, "origin">, handler: ConnectionHandler): void;
  /** Frees it at once, whatever it is at. */
  destroy(): void;
}

/** Connections that are kept between requests. */
export interface Connections {
  /** One that is idle, the last used first, or a new one. `fresh`: a new one. */
  take(origin: string, options: { readonly fresh: boolean }): Connection;
  /** It has carried a whole answer and may carry the next. */
  keep(connection: Connection): void;
  /** Frees those that are idle. */
  close(): void;
}

/** Idle connections are kept that long at most. Most servers close theirs after 5 seconds and say so; then it is less. */
const IDLE_TIMEOUT_MS = 15_000;

/** Connections whose addresses are looked up by `lookup`, for http and https. */
export function createConnections(lookup?: LookupFunction): Connections {
  const idle = new Map<string, Connection[]>();
  let closed = false;

  function drop(connection: Connection): void {
    const kept = idle.get(connection.origin);
    const at = kept?.indexOf(connection) ?? -1;
    if (kept === undefined || at === -1) return;
    kept.splice(at, 1);
    if (kept.length === 0) idle.delete(connection.origin);
  }

  function open(origin: string): Connection {
    // Its own limits are off: who waits for an answer has limits of each call.
    const client = new Client(origin, {
      pipelining: 1,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      keepAliveMaxTimeout: IDLE_TIMEOUT_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: lookup === undefined ? { timeout: 0 } : { timeout: 0, lookup },
    });
    const connection: Connection = {
      origin,
      served: 0,
      dispatch: (request, handler) => void client.dispatch(request, handler),
      destroy() {
        drop(connection);
        client.destroy().catch(() => {});
      },
    };
    client
      .on("connect", () => {
        connection.served = 0;
      })
      .on("disconnect", () => {
        // The server's end, or too long idle.
        if (idle.get(origin)?.includes(connection) === true) connection.destroy();
      });
    return connection;
  }

  return Object.freeze({
    take(origin: string, { fresh }: { readonly fresh: boolean }): Connection {
      const kept = fresh ? undefined : idle.get(origin);
      const last = kept?.pop();
      if (last === undefined) return open(origin);
      if (kept?.length === 0) idle.delete(origin);
      return last;
    },
    keep(connection: Connection): void {
      connection.served += 1;
      if (closed) {
        connection.destroy();
        return;
      }
      const kept = idle.get(connection.origin);
      if (kept === undefined) idle.set(connection.origin, [connection]);
      else kept.push(connection);
    },
    close(): void {
      closed = true;
      for (const connection of [...idle.values()].flat()) connection.destroy();
    },
  });
}
