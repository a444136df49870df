import { inspect } from "node:util";
import {
  type Clock,
  createMessagingService,
  type MessagingService,
  type MessagingServiceOptions,
  type Provider,
  silentLogger,
  systemClock,
} from "@messaging-service/core";
import { type Carrier, createCarrier, type Handset } from "@messaging-service/simulator";
import { expect } from "vitest";

/** What a snippet may take for granted, by `given`. */
export interface Given {
  readonly carrier: Carrier;
  /** The carrier's. */
  readonly provider: Provider;
  /** A phone in San Francisco. */
  readonly phone: Handset;
  /** Options that make a service: the carrier, and two senders of the US. */
  readonly options: MessagingServiceOptions;
  /** A service of these options, connected to the carrier. */
  readonly service: MessagingService;
  readonly senders: readonly string[];
  readonly store: "memory";
  readonly clock: Clock;
  /** One that is none of the service's. */
  readonly request: Request;
}

/** Makes them, anew for every snippet. */
export function createGiven(): Given {
  const carrier = createCarrier();
  const { provider } = carrier;
  const senders = ["+14155550100", "+12125550100"];
  const options = {
    provider,
    senders,
    optOut: { brand: "Acme" },
    logger: silentLogger,
  };
  const service = createMessagingService(options);
  carrier.connect(service);
  return {
    carrier,
    provider,
    phone: carrier.handset("+14155550123"),
    options,
    service,
    senders,
    store: "memory",
    clock: systemClock,
    request: new Request("https://example.com/elsewhere"),
  };
}

/** What snippets printed since it was last emptied. */
export const printed: string[] = [];

/** Stands in for the global one in snippets: keeps what is printed, and compares it with what the page says. */
export const console: Pick<Console, "log" | "warn" | "error"> & {
  expect(text: string): Pick<Console, "log">;
} = {
  log: print,
  warn: print,
  error: print,
  expect: (text) => ({
    log(...values: unknown[]) {
      print(...values);
      const pattern = text.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      expect(printed.at(-1)).toMatch(new RegExp(`^${pattern.join(".*")}$`, "s"));
    },
  }),
};

function print(...values: unknown[]): void {
  printed.push(values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" "));
}
