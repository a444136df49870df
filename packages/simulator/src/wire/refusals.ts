/** A "no" at submission, as Twilio words it. */
export interface Refusal {
  readonly httpStatus: number;
  readonly code: number;
  readonly message: string;
}

/** What the numbers of Twilio's error dictionary say, in our words; `{}` stands for the value refused. */
const MESSAGES: Readonly<Record<number, string>> = {
  11100: "Invalid URL format",
  11200: "HTTP retrieval failure",
  11202: "HTTP connection refused",
  11203: "HTTP communication timed out",
  11205: "HTTP connection failure",
  11210: "HTTP bad host name",
  20003: "Authenticate",
  20004: "Method not allowed",
  20007: "Page size must be from 1 to 1000",
  20009: "The message cannot be deleted or redacted before its delivery is complete",
  20404: "The requested resource {} was not found",
  20429: "Too many requests",
  20500: "An internal server error has occurred",
  21211: "The 'To' number {} is not a valid phone number",
  21212: "The 'From' number {} is not a valid phone number, short code or sender ID",
  21408: "Permission to send an SMS has not been enabled for the region of the 'To' number {}",
  21481: "Invalid page token",
  21603: "A 'From' or 'MessagingServiceSid' parameter is required",
  21604: "A 'To' phone number is required",
  21606:
    "The 'From' phone number {} is not a valid, message-capable number of this account for this destination",
  21609: "The 'StatusCallback' URL {} is not a valid URL",
  21610: "Attempt to send to unsubscribed recipient",
  21611: "The 'From' number {} has exceeded the maximum number of queued messages",
  21612: "The message cannot be sent with this combination of 'To' and 'From'",
  21614: "'To' number {} is not a valid mobile number",
  21617: "The message body exceeds the limit of 1600 characters",
  21619: "A message body, media URL or content SID is required",
  21620: "Invalid media URL {}",
  21621: "The 'From' number {} is not MMS-capable",
  21623: "More than 10 media URLs",
  21654: "'ContentVariables' need a 'ContentSid'",
  21655: "The 'ContentSid' {} is invalid",
  21656: "The 'ContentVariables' parameter is invalid",
  21659: "The 'From' number {} is not a phone number or short code of this account",
  21701: "The Messaging Service {} does not exist",
  21703: "The Messaging Service has no sender that can send this message",
  21704: "The Messaging Service has no senders",
  21705: "The 'MessagingServiceSid' {} is invalid",
  21910: "'From' and 'To' are not of the same channel",
  30001: "Queue overflow",
  30002: "Account suspended",
  30003: "Unreachable destination handset",
  30004: "Message blocked",
  30005: "Unknown destination handset",
  30006: "Landline or unreachable carrier",
  30007: "Message filtered",
  30008: "Unknown error",
  30011: "MMS is not supported by the receiving handset",
  30400: "The message cannot be updated that way: give Body='' or Status=canceled",
  30409: "The message can no longer be canceled",
  35111: "The 'SendAt' parameter is missing",
  35114: "'SendAt' must lie from 300 seconds to 35 days ahead",
  35118: "Scheduling needs a 'MessagingServiceSid'",
  35126: "The 'ScheduleType' {} is invalid",
  63016: "Outside the allowed window: use a template",
  63036: "The recipient is not reachable by RCS",
  90007: "'ValidityPeriod' must lie from 1 to 36000 seconds",
  90014: "'ValidityPeriod' {} is not a positive integer",
};
/** Codes whose HTTP status is not 400. */
const HTTP_STATUS: Readonly<Record<number, number>> = {
  20003: 401,
  20004: 405,
  20009: 409,
  20404: 404,
  20429: 429,
  20500: 500,
  21701: 404,
  30409: 409,
};

/** The refusal of that number; `value` is what was refused. An unknown number is an HTTP 400 that names itself. */
export function refuse(code: number, value = ""): Refusal {
  return { httpStatus: HTTP_STATUS[code] ?? 400, code, message: describeCode(code, value) };
}

/** The words for a number, as they stand in `message` or `error_message`. */
export function describeCode(code: number, value = ""): string {
  return (MESSAGES[code] ?? `Error ${code}`).replace("{}", value).replaceAll("  ", " ").trim();
}
