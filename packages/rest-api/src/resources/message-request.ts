import { type FormParameters, parseTime, type SendRequest } from "@messaging-service/core";
import { fault } from "../errors.ts";
import { flagOf, integerOf, listOf, oneOf, sidOf, textOf } from "../params.ts";

/** A request for a new message: the service it goes through, if any, and what it says. */
export interface MessageRequest {
  /** `undefined`: `From` alone. */
  readonly serviceSid: string | undefined;
  readonly send: SendRequest;
}

/** @see Twilio, Message resource, MessageIntent. */
const INTENTS = [
  ...["otp", "notifications", "marketing", "fraud", "security", "customercare", "delivery", "education"],
  ...["polling", "announcements", "events"],
];
const MOST_ATTEMPTS = 1_000_000;

/**
 * Reads the parameters of a create. What a service checks (addresses, texts, media, ranges) is left to it.
 *
 * @throws Fault with the documented code of what is missing or malformed.
 */
export function parseMessageRequest(form: FormParameters): MessageRequest {
  const [to, ...others] = listOf(form, "To");
  if (to === undefined || to.trim() === "") throw fault(21604);
  if (others.length > 0) throw fault(21653);
  const given = givenIn(form, "From");
  // A service's SID in From means the service.
  const isService = given?.startsWith("MG") === true && given.length === 34;
  const from = isService ? undefined : given;
  const serviceSid =
    sidOf(form, "MessagingServiceSid", "MG", 21705) ??
    (isService ? sidOf(form, "From", "MG", 21705) : undefined);
  const fallbackFrom = givenIn(form, "FallbackFrom");
  if (fallbackFrom !== undefined && from !== undefined) throw fault(21664);
  if (fallbackFrom !== undefined && serviceSid === undefined) throw fault(21666);
  if (from === undefined && serviceSid === undefined) throw fault(21603);
  checkIgnored(form);
  const media = listOf(form, "MediaUrl").filter((url) => url !== "");
  const statusCallback = givenIn(form, "StatusCallback");
  return {
    serviceSid,
    send: {
      to,
      from,
      fallbackFrom,
      body: textOf(form, "Body"),
      mediaUrl: media.length === 0 ? undefined : media,
      contentSid: givenIn(form, "ContentSid"),
      contentVariables: givenIn(form, "ContentVariables"),
      validityPeriod: validityOf(form),
      sendAt: scheduleOf(form, serviceSid !== undefined),
      smartEncoded: flagOf(form, "SmartEncoded"),
      sendAsMms: flagOf(form, "SendAsMms"),
      statusCallback: statusCallback === undefined ? undefined : { url: statusCallback, guarded: true },
      category: oneOf(form, "MessageIntent", INTENTS),
      tags: tagsOf(form),
      refusals: serviceSid === undefined ? "reject" : "status",
    },
  };
}

/** A parameter's text; clients leave one out by giving it empty, too. */
function givenIn(form: FormParameters, name: string): string | undefined {
  const value = textOf(form, name);
  return value === "" ? undefined : value;
}

/** What has no effect here is checked all the same, so that a client hears of its mistake where Twilio says it. */
function checkIgnored(form: FormParameters): void {
  sidOf(form, "ApplicationSid", "AP", 21218);
  const price = givenIn(form, "MaxPrice");
  if (price !== undefined && !/^\d{1,12}(\.\d{1,12})?$/.test(price)) throw fault(21627);
  flagOf(form, "ProvideFeedback");
  flagOf(form, "ForceDelivery");
  flagOf(form, "ShortenUrls");
  integerOf(form, "Attempt", 1, MOST_ATTEMPTS);
  oneOf(form, "ContentRetention", ["retain"], 30029);
  oneOf(form, "AddressRetention", ["retain"], 30030);
  oneOf(form, "RiskCheck", ["enable", "disable"]);
  oneOf(form, "TrafficType", ["free"]);
}

function validityOf(form: FormParameters): number | undefined {
  const value = givenIn(form, "ValidityPeriod");
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw fault(90014);
  return Number(value);
}

/** @throws Fault 35111, 35114, 35118, 35126. */
function scheduleOf(form: FormParameters, hasService: boolean): string | undefined {
  const type = givenIn(form, "ScheduleType");
  const at = givenIn(form, "SendAt");
  if (type === undefined && at === undefined) return undefined;
  if (type?.toLowerCase() !== "fixed") throw fault(35126);
  if (at === undefined) throw fault(35111);
  if (!hasService) throw fault(35118);
  if (Number.isNaN(parseTime(at, { zoned: true })) || !/t/i.test(at)) throw fault(35114);
  return at;
}

function tagsOf(form: FormParameters): Readonly<Record<string, string>> | undefined {
  const text = givenIn(form, "Tags");
  if (text === undefined) return undefined;
  try {
    const tags: unknown = JSON.parse(text);
    if (isTextMap(tags)) return tags;
  } catch {
    // Said below.
  }
  throw fault(20422, "Tags are a JSON object of texts.");
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === "string")
  );
}
