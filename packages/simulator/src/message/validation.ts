import { parseUrl } from "@messaging-service/core";
import { canSendMedia, senderOf } from "../exchange.ts";
import type { CarrierSettings } from "../options.ts";
import { channelOf, isPhoneNumber, isSenderAddress } from "../wire/address.ts";
import { type Refusal, refuse } from "../wire/refusals.ts";

/** Twilio's magic numbers: what test credentials answer to them. */
const MAGIC_TO: Readonly<Record<string, number>> = {
  "+15005550001": 21211,
  "+15005550002": 21612,
  "+15005550003": 21408,
  "+15005550004": 21610,
  "+15005550009": 21614,
};
const MAGIC_FROM: Readonly<Record<string, number>> = {
  "+15005550001": 21212,
  "+15005550007": 21606,
  "+15005550008": 21611,
};
/** The magic number that sends from every account. */
const MAGIC_SENDER = "+15005550006";

const SCHEDULE_MS = { earliest: 300_000, latest: 35 * 86_400_000 } as const;

/**
 * What is wrong with the parameters of a create call, by Twilio's rules and numbers; `undefined` when nothing is.
 * `now` is in milliseconds.
 *
 * @see https://www.twilio.com/docs/messaging/api/message-resource
 * @see https://www.twilio.com/docs/iam/test-credentials
 */
export function validateCreate(
  form: URLSearchParams,
  settings: CarrierSettings,
  now: number,
): Refusal | undefined {
  return (
    validateAddresses(form, settings) ??
    validateContent(form, settings) ??
    validateOptions(form) ??
    validateSchedule(form, now)
  );
}

/** The Messaging Service named: by its own parameter, or in `From`. */
export function serviceOf(form: URLSearchParams): string | undefined {
  const named = form.get("MessagingServiceSid") ?? "";
  const from = form.get("From") ?? "";
  if (named !== "") return named;
  return /^MG[0-9a-f]{32}$/i.test(from) ? from : undefined;
}

/** The sender named in `From`, which may also hold a service. */
export function fromOf(form: URLSearchParams): string | undefined {
  const from = form.get("From") ?? "";
  return from === "" || /^MG[0-9a-f]{32}$/i.test(from) ? undefined : from;
}

function validateAddresses(form: URLSearchParams, settings: CarrierSettings): Refusal | undefined {
  const to = form.get("To") ?? "";
  const from = fromOf(form);
  const service = serviceOf(form);
  if (to === "") return refuse(21604);
  const magic = MAGIC_TO[to];
  if (magic !== undefined) return refuse(magic, to);
  const phone = /^(?:whatsapp|rcs):(.*)$/.exec(to)?.[1] ?? to;
  if (!isPhoneNumber(phone) && channelOf(to) !== "messenger") return refuse(21211, to);
  if (service === undefined && from === undefined) return refuse(21603);
  if (service !== undefined && !/^MG[0-9a-f]{32}$/i.test(service)) return refuse(21705, service);
  const pools = settings.numbers?.flatMap(({ messagingServiceSid }) => messagingServiceSid ?? []) ?? [];
  if (service !== undefined && pools.length > 0 && !pools.includes(service)) return refuse(21701, service);
  if (from === undefined) return undefined;
  const magicFrom = MAGIC_FROM[from];
  if (magicFrom !== undefined) return refuse(magicFrom, from);
  if (!isSenderAddress(from)) return refuse(21212, from);
  if (from === to) return refuse(21211, to);
  if (channelOf(from) !== channelOf(to)) return refuse(21910);
  if (from !== MAGIC_SENDER && senderOf(settings, from) === undefined) return refuse(21659, from);
  return undefined;
}

function validateContent(form: URLSearchParams, settings: CarrierSettings): Refusal | undefined {
  const body = form.get("Body") ?? "";
  const media = form.getAll("MediaUrl");
  const contentSid = form.get("ContentSid");
  const variables = form.get("ContentVariables");
  if (body === "" && media.length === 0 && contentSid === null) return refuse(21619);
  // Characters, of which there are never more than UTF-16 units.
  if (body.length > 1600 && [...body].length > 1600) return refuse(21617);
  if (media.length > 10) return refuse(21623);
  const bad = media.find((url) => !isHttpUrl(url));
  if (bad !== undefined) return refuse(21620, bad);
  if (variables !== null && contentSid === null) return refuse(21654);
  if (contentSid !== null && !/^HX[0-9a-f]{32}$/i.test(contentSid)) return refuse(21655, contentSid);
  if (variables !== null && !isJsonObject(variables)) return refuse(21656);
  const from = fromOf(form);
  const sender = from === undefined ? undefined : senderOf(settings, from);
  if (media.length > 0 && sender !== undefined && !canSendMedia(sender)) return refuse(21621, from);
  return undefined;
}

function validateOptions(form: URLSearchParams): Refusal | undefined {
  const callback = form.get("StatusCallback") ?? "";
  if (callback !== "" && (!isHttpUrl(callback) || callback.length > 4000)) return refuse(21609, callback);
  const validity = form.get("ValidityPeriod");
  if (validity === null) return undefined;
  if (!/^\d+$/.test(validity)) return refuse(90014, validity);
  return Number(validity) >= 1 && Number(validity) <= 36_000 ? undefined : refuse(90007);
}

function validateSchedule(form: URLSearchParams, now: number): Refusal | undefined {
  const type = form.get("ScheduleType");
  const sendAt = form.get("SendAt");
  if (type === null && sendAt === null) return undefined;
  if (type !== "fixed") return refuse(35126, type ?? "");
  if (sendAt === null) return refuse(35111);
  if (serviceOf(form) === undefined) return refuse(35118);
  const ahead = Date.parse(sendAt) - now;
  return ahead >= SCHEDULE_MS.earliest && ahead <= SCHEDULE_MS.latest ? undefined : refuse(35114);
}

function isHttpUrl(text: string): boolean {
  return /^\s*https?:/i.test(text) && parseUrl(text) !== undefined;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
