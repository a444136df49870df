import {
  createMessagingService,
  type Message,
  type MessagingService,
  type MessagingServiceOptions,
  silentLogger,
} from "@messaging-service/core";
import {
  type Carrier,
  type CarrierOptions,
  createCarrier,
  createVirtualClock,
  type VirtualClock,
} from "@messaging-service/simulator";
import { onTestFinished } from "vitest";

/** A service, its carrier and the clock both run on; all of it ends with the test. */
export interface World {
  readonly clock: VirtualClock;
  readonly carrier: Carrier;
  readonly service: MessagingService;
  /** Statuses of all messages, as the service's "status" event told them. */
  readonly statuses: readonly Message[];
  /** The message as the service knows it now. */
  message(sid: string): Promise<Message>;
}

/** What a {@link World} is made of beyond the service's own options. */
export interface WorldOptions extends Partial<MessagingServiceOptions> {
  readonly carrier?: CarrierOptions | undefined;
  /** Set to share one clock between two worlds. */
  readonly clock?: VirtualClock | undefined;
  /** Makes the provider of the service from the carrier's own. */
  readonly wrap?: ((provider: Carrier["provider"]) => Carrier["provider"]) | undefined;
}

/** A sender and a phone of San Francisco, and a second sender of New York. */
export const SENDER = "+14155550100";
export const SECOND = "+12125550100";
export const PHONE = "+14155550123";

/** A service on a simulated carrier and a virtual clock: one sender in San Francisco unless told otherwise. */
export function createWorld({ carrier: carrierOptions, wrap, ...options }: WorldOptions = {}): World {
  const clock = options.clock ?? createVirtualClock();
  const carrier = createCarrier({ clock, ...carrierOptions });
  const service = createMessagingService({
    provider: wrap === undefined ? carrier.provider : wrap(carrier.provider),
    senders: [SENDER],
    publicUrl: "https://app.example",
    logger: silentLogger,
    optOut: { brand: "Acme" },
    ...options,
    clock,
  });
  carrier.connect(service, { origin: "https://app.example" });
  const statuses: Message[] = [];
  service.on("status", (message) => statuses.push(message));
  onTestFinished(async () => {
    await carrier.close();
    const closing = service.close({ timeoutMs: 0 });
    await clock.advance(10_000);
    await closing;
  });
  return {
    clock,
    carrier,
    service,
    statuses,
    async message(sid) {
      const found = await service.message(sid);
      if (found === undefined) throw new Error(`There is no message ${sid}.`);
      return found;
    },
  };
}

/** What an asynchronous iteration yields, as a list. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
