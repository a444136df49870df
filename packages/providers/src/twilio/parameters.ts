import type { WebhookRequest } from "@messaging-service/core";

/** A webhook's parameters, one value a name. Frozen, without a prototype. */
export type FlatParameters = Readonly<Record<string, string>>;

/** The first value of each parameter; Twilio repeats none that a message needs. */
export function flattenParameters({ parameters }: WebhookRequest): FlatParameters {
  const flat: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(parameters)) {
    const first = typeof value === "string" ? value : value[0];
    if (first !== undefined) flat[name] = first;
  }
  return Object.freeze(flat);
}
