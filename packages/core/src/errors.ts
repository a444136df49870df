import { ERROR_TABLE } from "./error-table.ts";

/** One row of the error table: what the network is told, and what the reader should do. */
export interface ErrorEntry {
  /** HTTP status of an answer that carries this code. */
  readonly status: number;
  /** The number the field knows it by (Twilio's error dictionary), or `null` where there is none. */
  readonly twilioCode: number | null;
  /** The remedy, in one sentence. */
  readonly help: string;
}

/** A stable name of what went wrong; see {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** Every code this library raises, with its HTTP status, Twilio's number and the remedy. */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorEntry>> = Object.freeze(
  Object.fromEntries(
    Object.entries(ERROR_TABLE).map(([code, [status, twilioCode, help]]) => [
      code,
      Object.freeze({ status, twilioCode, help }),
    ]),
  ) as Record<ErrorCode, ErrorEntry>,
);

/** What may come with an error beyond its code and message. */
export interface MessagingErrorOptions {
  readonly cause?: unknown;
  /** Structured details: the reasons of NO_SENDER, the option's name, the allowed values. */
  readonly details?: unknown;
}

/**
 * The one error of this library. `code` is stable and meant for `switch`; `twilioCode` is the field's number; the
 * message ends in the remedy. Compare by `name` or {@link isMessagingError}, not `instanceof`: two copies of a
 * package in one process are normal.
 */
export class MessagingError extends Error {
  override readonly name: string = "MessagingError";
  readonly code: ErrorCode;
  /** Twilio's number, or `null`. */
  readonly twilioCode: number | null;
  /** HTTP status for an answer that carries this error. */
  readonly status: number;
  readonly help: string;
  /** The page that explains the code. */
  readonly docs: string;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: MessagingErrorOptions = {}) {
    const { status, twilioCode, help } = ERROR_CODES[code];
    super(`${message} ${help}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.twilioCode = twilioCode;
    this.status = status;
    this.help = help;
    this.docs = `docs/errors.md#${code.toLowerCase().replaceAll("_", "-")}`;
    this.details = options.details;
  }
}

/** Whether a caught value is a {@link MessagingError}, of this copy of the package or another; optionally of one code. */
export function isMessagingError(error: unknown, code?: ErrorCode): error is MessagingError {
  return (
    error instanceof Error &&
    error.name === "MessagingError" &&
    (code === undefined || (error as MessagingError).code === code)
  );
}
