import type { Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";

/** Something an operator should know. */
export interface Alert {
  readonly code: string;
  readonly message: string;
  readonly at: Date;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Alerts are kept this long. */
const ALERT_MS = 30 * 86_400_000;

/** The repository of alerts. */
export interface Alerts {
  add(alert: Alert): Promise<void>;
  /** Newest first. */
  list(limit?: number): Promise<readonly Alert[]>;
}

export function createAlerts(store: Store, keys: Keys): Alerts {
  return Object.freeze({
    async add(alert: Alert): Promise<void> {
      await store.append(keys.alerts, JSON.stringify(alert), ALERT_MS);
    },
    async list(limit = 100): Promise<readonly Alert[]> {
      const entries = await store.range(keys.alerts, { limit, reverse: true });
      return entries.map(({ value }) => {
        const alert = JSON.parse(value) as Omit<Alert, "at"> & { readonly at: string };
        return Object.freeze({ ...alert, at: new Date(alert.at) });
      });
    },
  });
}
