import { type HttpResponse, isMessagingError } from "@messaging-service/core";
import { REST_ERRORS } from "./error-table.ts";

/** A number of {@link REST_ERRORS}. */
export type RestErrorCode = keyof typeof REST_ERRORS;

/** What an error's answer says. */
export interface Fault {
  readonly code: number;
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A thrown {@link Fault}. */
interface FaultError extends Error {
  readonly fault: Fault;
}

/** The error to throw for a number of the table; `message` says it more precisely, and is written for the network. */
export function fault(
  code: RestErrorCode,
  message?: string,
  headers?: Readonly<Record<string, string>>,
): Error {
  const [status, sentence] = REST_ERRORS[code];
  return faultOf({ code, status, message: message ?? sentence, headers });
}

/** The error to throw for a whole {@link Fault}. */
export function faultOf(said: Fault): Error {
  return Object.assign(new Error(said.message), { name: "RestFault", fault: said });
}

/** Seconds a client is asked to wait where the store does not answer, or a queue is full. */
const RETRY_AFTER_S = "5";

/**
 * What the network is told of anything thrown: a {@link Fault} as it is, core's error by its number, in this API's words. What
 * is neither says nothing of itself.
 */
export function toFault(error: unknown): Fault {
  if (error instanceof Error && error.name === "RestFault") return (error as FaultError).fault;
  if (!isMessagingError(error)) return named(20500);
  const { twilioCode, status, help } = error;
  // A wrong option of a service: here it was a parameter of the request.
  if (error.code === "INVALID_OPTION" || error.code === "UNKNOWN_OPTION") return named(20422);
  if (
    error.code === "BODY_TOO_LARGE" ||
    error.code === "REQUEST_TIMEOUT" ||
    error.code === "MALFORMED_REQUEST"
  )
    return { code: 20422, status, message: help };
  if (twilioCode === null) return status < 500 ? { code: 20422, status, message: help } : named(20503);
  if (twilioCode in REST_ERRORS) return named(twilioCode as RestErrorCode);
  return { code: twilioCode, status: status < 500 ? status : 503, message: help };
}

/** What this API says of a code; `undefined` for one that it does not answer itself. */
export function sentenceOf(code: number | null): string | undefined {
  return code !== null && code in REST_ERRORS ? REST_ERRORS[code as RestErrorCode][1] : undefined;
}

function named(code: RestErrorCode): Fault {
  const [status, message] = REST_ERRORS[code];
  return { code, status, message };
}

/** The answer a fault becomes. */
export function renderFault({ code, status, message, headers }: Fault): HttpResponse {
  const wait = status === 503 || status === 429 ? { "retry-after": RETRY_AFTER_S } : {};
  return {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      ...wait,
      // Whoever is that slow is not waited for a second time.
      ...(status === 408 ? { connection: "close" } : {}),
      ...headers,
    },
    body: JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }),
  };
}
