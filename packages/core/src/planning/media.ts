import { receivesMediaLink, receivesMms } from "./countries.ts";
import type { PlanFacts, PlanRequest, PlanSettings } from "./plan-types.ts";
import type { PlanReason } from "./reasons.ts";

/** As what a message to a plain number leaves; `kind` is `null` when it cannot. */
export interface ContentChoice {
  readonly kind: "SMS" | "MMS" | null;
  readonly reason: PlanReason;
}

const TEXT: ContentChoice = Object.freeze({ kind: "SMS", reason: "CONTENT_TEXT" });
const MMS: ContentChoice = Object.freeze({ kind: "MMS", reason: "CONTENT_MMS" });
const LINK: ContentChoice = Object.freeze({ kind: "SMS", reason: "CONTENT_LINK" });
const MMS_AS_TEXT: ContentChoice = Object.freeze({ kind: "SMS", reason: "CONTENT_MMS_AS_TEXT" });
const NO_CONVERTER: ContentChoice = Object.freeze({ kind: null, reason: "CONTENT_NO_CONVERTER" });
const NO_MEDIA: ContentChoice = Object.freeze({ kind: null, reason: "CONTENT_NO_MEDIA" });

/**
 * SMS, MMS, or an SMS with a link: MMS where the country receives it and a sender can send it; else what the MMS
 * converter makes of it, if it is on.
 *
 * @param hasMmsSender asked only when it matters: whether a sender that reaches the recipient can send MMS.
 */
export function chooseContent(
  request: PlanRequest,
  settings: PlanSettings,
  hasMmsSender: () => boolean,
): ContentChoice {
  const hasMedia = request.mediaUrl.length > 0;
  if (!hasMedia && request.sendAsMms !== true) return TEXT;
  const { country } = request.to;
  if (receivesMms(country) && hasMmsSender()) return MMS;
  if (hasMedia && !receivesMediaLink(country)) return NO_MEDIA;
  if (!settings.mmsConverter) return NO_CONVERTER;
  return hasMedia ? LINK : MMS_AS_TEXT;
}

/** The body of a converted message: the text, a space, the link. */
export function bodyWithLink(request: PlanRequest, facts: PlanFacts): string {
  const link = facts.mediaLink ?? request.mediaUrl.join(" ");
  return request.body === "" ? link : `${request.body} ${link}`;
}
