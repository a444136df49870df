import type { KeyvLike } from "./keyv.ts";
import { adaptersOf } from "./keyv-access.ts";
import type { StoreFinding } from "./store.ts";

/** What is worth knowing about a Keyv instance, whatever its backend. */
export function keyvFindings(keyv: KeyvLike): StoreFinding[] {
  const found: StoreFinding[] = [];
  if (keyv.ttl !== undefined && keyv.ttl > 0) {
    found.push({
      level: "info",
      code: "KEYV_DEFAULT_TTL",
      message: `This Keyv has a default ttl of ${keyv.ttl} ms. It is not applied: every write of ours names its own.`,
    });
  }
  const shared = adaptersOf(keyv).some(
    (adapter) => "namespace" in adapter && (adapter.namespace ?? "") !== (keyv.namespace ?? ""),
  );
  if (shared) {
    found.push({
      level: "warn",
      code: "KEYV_ADAPTER_SHARED",
      message:
        "Another Keyv was made on the same adapter and changed its namespace: give each Keyv an adapter of its own.",
    });
  }
  if (keyv.sanitize?.enabled === true) {
    found.push({
      level: "warn",
      code: "KEYV_SANITIZES_KEYS",
      message: "This Keyv strips characters from keys, so that two keys can become one: leave sanitize off.",
    });
  }
  return found;
}
