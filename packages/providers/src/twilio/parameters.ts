import type { WebhookRequest } from "@messaging-service/core";

/** A webhook's parameters, one value a name. Frozen; they inherit nothing. */
export type FlatParameters = Readonly<Record<string, string>>;

/** The first value of each parameter; Twilio repeats none that a message needs. */
export function flattenParameters({ parameters }: WebhookRequest): FlatParameters {
  if (isFlat(parameters)) return Object.freeze(parameters);
  const flat: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(parameters)) {
    const first = typeof value === "string" ? value : value[0];
    if (first !== undefined) flat[name] = first;
  }
  return Object.freeze(flat);
}

/** As core's own parser gives them, and most often they do not repeat: then there is nothing to copy. */
function isFlat(parameters: WebhookRequest["parameters"]): parameters is FlatParameters {
  if ("toString" in parameters && !Object.hasOwn(parameters, "toString")) return false;
  for (const name in parameters) if (typeof parameters[name] !== "string") return false;
  return true;
}
