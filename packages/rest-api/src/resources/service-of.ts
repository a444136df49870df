import type { MessagingService } from "@messaging-service/core";
import { fault } from "../errors.ts";
import type { Call } from "../ports.ts";
import type { ResourceParts } from "./services.ts";

/** The running service of the path's `ServiceSid`. @throws Fault 21701 (404). */
export async function serviceOf({ registry }: ResourceParts, call: Call): Promise<MessagingService> {
  const service = await registry.get(call.params.ServiceSid ?? "");
  if (service === undefined) throw fault(21701);
  return service;
}

/** A value's field names in snake case, as this API writes them, all the way down. */
export function toSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (typeof value !== "object" || value === null || value instanceof Date) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toSnakeCase(each),
    ]),
  );
}
