import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Where to listen. */
export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default: every interface. */
  readonly host?: string | undefined;
}

/** Starts listening, and resolves to the port. Rejects when it is taken: `EADDRINUSE`. */
export function listen(server: Server, { port, host }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Listens, on a free port if that one is taken. */
export async function listenSomewhere(server: Server, { port, host }: ListenOptions): Promise<number> {
  try {
    return await listen(server, { port, host });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return listen(server, { port: 0, host });
  }
}

/** Stops listening, and breaks the connections that are still open: an event stream never ends by itself. */
export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
