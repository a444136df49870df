import type { OptOutOptions, Settings, SettingsInput } from "@messaging-service/core";

/**
 * A Service resource's properties, in Twilio's names, camelCased. The last five are kept and have no effect here.
 *
 * @see https://www.twilio.com/docs/messaging/api/service-resource
 */
export interface ServiceProperties {
  readonly friendlyName: string;
  readonly inboundRequestUrl: string | null;
  readonly inboundMethod: "GET" | "POST";
  readonly fallbackUrl: string | null;
  readonly fallbackMethod: "GET" | "POST";
  readonly useInboundWebhookOnNumber: boolean;
  readonly statusCallback: string | null;
  readonly stickySender: boolean;
  readonly mmsConverter: boolean;
  readonly smartEncoding: boolean;
  readonly areaCodeGeomatch: boolean;
  readonly validityPeriod: number;
  readonly scanMessageContent: "inherit" | "enable" | "disable";
  readonly fallbackToLongCode: boolean;
  readonly synchronousValidation: boolean;
  readonly usecase: string;
}

/** What a new service has where nothing was said. */
export const DEFAULT_PROPERTIES: ServiceProperties = Object.freeze({
  friendlyName: "",
  inboundRequestUrl: null,
  inboundMethod: "POST",
  fallbackUrl: null,
  fallbackMethod: "POST",
  useInboundWebhookOnNumber: false,
  statusCallback: null,
  stickySender: true,
  mmsConverter: true,
  smartEncoding: true,
  areaCodeGeomatch: true,
  validityPeriod: 36_000,
  scanMessageContent: "inherit",
  fallbackToLongCode: true,
  synchronousValidation: false,
  usecase: "undeclared",
});

/** A service made over REST, as it is stored. */
export interface ServiceDocument {
  readonly sid: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly properties: ServiceProperties;
  /** Keywords and replies; without it the account's. */
  readonly optOut?: OptOutOptions | undefined;
  /** The service was deleted; the mark stays, so that late receipts find its messages. */
  readonly deletedAt?: number | undefined;
  /** What it held is gone from the store. */
  readonly erased?: boolean | undefined;
}

/** Properties that have a setting of their own name in core. */
const SAME = ["stickySender", "mmsConverter", "smartEncoding", "areaCodeGeomatch", "validityPeriod"] as const;
/** Properties that together say what becomes of an inbound message. */
export const INBOUND: readonly (keyof ServiceProperties)[] = [
  "inboundRequestUrl",
  "inboundMethod",
  "fallbackUrl",
  "fallbackMethod",
  "useInboundWebhookOnNumber",
];

/**
 * The settings that properties mean; `names` limits them to what a change touched. A URL that came over REST is checked
 * before it is called (`guarded`). Without a URL, and without deferring to the number's, inbound messages are dropped.
 */
export function toSettings(
  properties: ServiceProperties,
  names: readonly string[] = Object.keys(properties),
): SettingsInput {
  const has = (name: string): boolean => names.includes(name);
  const same = SAME.filter(has).map((name) => [name, properties[name]]);
  return {
    ...(Object.fromEntries(same) as SettingsInput),
    ...(has("statusCallback") ? { statusCallback: toCallback(properties.statusCallback) } : {}),
    ...(INBOUND.some(has) ? toHandling(properties) : {}),
  };
}

function toCallback(url: string | null): SettingsInput["statusCallback"] {
  return url === null ? null : { url, guarded: true };
}

function toHandling(properties: ServiceProperties): SettingsInput {
  const { inboundRequestUrl, inboundMethod, fallbackUrl, fallbackMethod, useInboundWebhookOnNumber } =
    properties;
  const nowhere = inboundRequestUrl === null ? "drop" : "webhook";
  const webhook =
    inboundRequestUrl === null
      ? null
      : {
          url: inboundRequestUrl,
          method: inboundMethod,
          ...(fallbackUrl === null ? {} : { fallbackUrl, fallbackMethod }),
          guarded: true,
        };
  return { webhook, inboundHandling: useInboundWebhookOnNumber ? "defer" : nowhere };
}

/** What a service made in code shows: functions have no URL, so they show as none. */
export function fromSettings(
  settings: Settings,
): Omit<
  ServiceProperties,
  "friendlyName" | "usecase" | "scanMessageContent" | "fallbackToLongCode" | "synchronousValidation"
> {
  const { webhook, statusCallback, inboundHandling } = settings;
  const url = typeof webhook === "object" ? webhook : undefined;
  return {
    inboundRequestUrl: inboundHandling === "drop" ? null : (url?.url ?? null),
    inboundMethod: url?.method ?? "POST",
    fallbackUrl: url?.fallbackUrl ?? null,
    fallbackMethod: url?.fallbackMethod ?? "POST",
    useInboundWebhookOnNumber: inboundHandling === "defer",
    statusCallback: typeof statusCallback === "object" ? statusCallback.url : textOrNull(statusCallback),
    stickySender: settings.stickySender,
    mmsConverter: settings.mmsConverter,
    smartEncoding: settings.smartEncoding,
    areaCodeGeomatch: settings.areaCodeGeomatch,
    validityPeriod: settings.validityPeriod,
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
