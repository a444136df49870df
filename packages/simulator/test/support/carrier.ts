import { afterEach } from "vitest";
import {
  type Carrier,
  type CarrierOptions,
  createCarrier,
  createVirtualClock,
  type VirtualClock,
} from "../../src/index.ts";

const open: Carrier[] = [];
afterEach(async () => {
  for (const carrier of open.splice(0)) await carrier.close();
});

/** A carrier on a virtual clock, closed after the test. */
export function virtualCarrier(options: CarrierOptions = {}): { carrier: Carrier; clock: VirtualClock } {
  const clock = createVirtualClock();
  const carrier = createCarrier({ clock, ...options });
  open.push(carrier);
  return { carrier, clock };
}

/** A carrier on the machine's clock, closed after the test. */
export function realCarrier(options: CarrierOptions = {}): Carrier {
  const carrier = createCarrier(options);
  open.push(carrier);
  return carrier;
}

export const SENDER = "+14155550100";
export const PERSON = "+14155550123";

/** A create call with plain fetch. */
export async function post(
  { accountSid, authToken }: Carrier,
  url: string,
  fields: Record<string, string> | [string, string][],
): Promise<Response> {
  return fetch(`${url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}` },
    body: new URLSearchParams(fields),
  });
}
