import { rmSync } from "node:fs";
import { type AddressInfo, Server } from "node:net";
import { createCarrier } from "@messaging-service/simulator";
import { temporaryFolder } from "../support/pack.ts";

/** What a snippet finds around it: an empty folder to work in, ports that are free, and a Twilio with an account. */
export interface OutsideWorld {
  /** Where the servers listen that the snippet started, whatever port it asked for. */
  readonly urls: readonly string[];
  /** What was logged to stderr, line by line. */
  readonly logged: readonly string[];
  /** The account's token, which signs Twilio's webhooks. */
  readonly authToken: string;
  /** Puts everything back, and closes what was opened. */
  restore(): Promise<void>;
}

const TWILIO = "https://api.twilio.com";

/** Sets it up, for this process. */
export async function createOutsideWorld(): Promise<OutsideWorld> {
  const carrier = createCarrier();
  const { url } = await carrier.listen();
  const folder = temporaryFolder("snippet");
  const before = { fetch: globalThis.fetch, cwd: process.cwd(), env: process.env };
  const servers: Server[] = [];
  const logged: string[] = [];
  const { write } = process.stderr;

  process.stderr.write = (text: string | Uint8Array): boolean => {
    logged.push(String(text));
    return true;
  };
  process.chdir(folder);
  process.env = {
    ...before.env,
    TWILIO_ACCOUNT_SID: carrier.accountSid,
    TWILIO_AUTH_TOKEN: carrier.authToken,
  };
  globalThis.fetch = (input, init) =>
    before.fetch(typeof input === "string" ? input.replace(TWILIO, url) : input, init);
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    servers.push(this);
    const callback = args.find((argument) => typeof argument === "function") as (() => void) | undefined;
    return (listen as (...args: unknown[]) => Server).call(this, 0, "127.0.0.1", callback);
  } as Server["listen"];

  return {
    get urls() {
      return servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    },
    logged,
    authToken: carrier.authToken,
    async restore() {
      process.stderr.write = write;
      Server.prototype.listen = listen;
      globalThis.fetch = before.fetch;
      process.env = before.env;
      process.chdir(before.cwd);
      for (const server of servers) {
        server.close();
        if ("closeAllConnections" in server) (server.closeAllConnections as () => void)();
      }
      await carrier.close();
      rmSync(folder, { recursive: true });
    },
  };
}
