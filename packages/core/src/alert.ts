import { ALERT_TABLE } from "./alert-table.ts";

/** ERROR: something did not happen that should have. WARNING: it may soon, or something is not as it should be. */
export type AlertLevel = "ERROR" | "WARNING";

/** A stable name of what an operator should know; see {@link ALERT_CODES}. */
export type AlertCode = keyof typeof ALERT_TABLE;

/** One row of the alert table. */
export interface AlertEntry {
  /** The number the field knows it by (Twilio's error dictionary), or `null` where there is none. */
  readonly errorCode: number | null;
  readonly level: AlertLevel;
  /** The remedy, in one sentence. */
  readonly help: string;
}

/** Every alert this library raises, with the field's number, its level and the remedy. Closed: docs/alerts.md lists it. */
export const ALERT_CODES: Readonly<Record<AlertCode, AlertEntry>> = Object.freeze(
  Object.fromEntries(
    Object.entries(ALERT_TABLE).map(([code, [errorCode, level, help]]) => [
      code,
      Object.freeze({ errorCode, level, help }),
    ]),
  ) as Record<AlertCode, AlertEntry>,
);

/** What STORE_NOT_DURABLE says, as an alert and as a finding of doctor(). */
export const NOT_DURABLE = "The store is this process's memory: opt-outs and messages are lost when it ends.";

/** Whether a text is an {@link AlertCode}. */
export function isAlertCode(code: string): code is AlertCode {
  return Object.hasOwn(ALERT_CODES, code);
}

/** Something an operator should know: what happened, to what, how often today. Frozen. */
export interface Alert {
  /** `NO` and 32 hexadecimal digits; the same in every process that meets the same thing on the same day (UTC). */
  readonly sid: string;
  readonly code: AlertCode;
  /** The field's number: of the particular failure, else of the code; `null` where there is none. */
  readonly errorCode: number | null;
  readonly level: AlertLevel;
  /** Of the latest time. */
  readonly message: string;
  /** The same as `lastAt`. */
  readonly at: Date;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** How often it happened that day: in all processes, as far as they had written it down. An event's may lag behind the list's. */
  readonly count: number;
  /** What it is about: a sender, a sender and a country, a webhook's origin, a provider, a store. `"*"`: more than could be told apart. */
  readonly subject: string;
  /** SID of the latest message concerned, or `null`. */
  readonly resourceSid: string | null;
  /** Of the latest time: numbers, addresses, SIDs. Never a body, never a credential. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** What goes with an alert beside its message and details. */
export interface AlertAbout {
  /** Alerts of one code, number and subject are one entry a day. Default `""`: there is only one such thing. */
  readonly subject?: string | undefined;
  /** Default: the code's own. */
  readonly errorCode?: number | null | undefined;
  /** Default: `details.sid`, if it is a text. */
  readonly resourceSid?: string | undefined;
  /** The call of a webhook that failed, for the Debugger webhook alone: it is kept nowhere. */
  readonly webhook?: AlertWebhook | undefined;
}

/** A call of a webhook as the Debugger's payload shows it. */
export interface AlertWebhook {
  readonly method: string;
  /** Without credentials and fragment. */
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** HTTP status; `null` where there was no answer. */
  readonly status: number | null;
}

/** Where alerts are posted as Twilio's Debugger posts them: a form, signed. */
export interface DebuggerWebhook {
  /** Absolute http(s) URL; Twilio's connection overrides are read from its fragment (`#rc=2&rp=all`). */
  readonly url: string;
  /** Of alerts that are posted: "WARNING" (default) means all, "ERROR" those alone. */
  readonly level?: "ERROR" | "WARNING" | undefined;
  /** True for a URL that comes from elsewhere than code: its address is checked. Default false. */
  readonly guarded?: boolean | undefined;
}
