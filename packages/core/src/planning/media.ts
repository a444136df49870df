import { segment } from "../encoding/segment.ts";
import { receivesMediaLink, receivesMms } from "./countries.ts";
import type { Plan, PlanFacts, PlanRequest, PlanSettings } from "./plan-types.ts";
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

/** Whether a message to a plain number leaves as MMS if it can. */
export function wantsMms({ mediaUrl, sendAsMms }: PlanRequest): boolean {
  return mediaUrl.length > 0 || sendAsMms === true;
}

/**
 * SMS, MMS, or an SMS with a link: MMS where the country receives it, the carrier is not known to refuse it and a
 * sender can send it; else what the MMS converter makes of it, if it is on.
 *
 * @param hasMmsSender asked only when it matters: whether a sender that reaches the recipient can send MMS.
 */
export function chooseContent(
  request: PlanRequest,
  settings: PlanSettings,
  facts: PlanFacts,
  hasMmsSender: () => boolean,
): ContentChoice {
  if (!wantsMms(request)) return TEXT;
  const hasMedia = request.mediaUrl.length > 0;
  const { country } = request.to;
  if (receivesMms(country) && facts.mmsFailed !== true && hasMmsSender()) return MMS;
  if (hasMedia && !receivesMediaLink(country)) return NO_MEDIA;
  if (!settings.mmsConverter) return NO_CONVERTER;
  return hasMedia ? LINK : MMS_AS_TEXT;
}

/** The plan of a converted message with another link, which stands in its text and nowhere else. */
export function withLink(
  plan: Plan,
  request: Pick<PlanRequest, "body" | "smartEncoding">,
  link: string,
): Plan {
  const { encoding, numSegments, segments, body, forcedBy } = segment(appended(request.body, link), {
    smartEncoding: request.smartEncoding,
  });
  return Object.freeze({ ...plan, encoding, numSegments, segments, body, forcedBy });
}

/** The body of a converted message: the text, a space, the link; without one, the media's own URLs. */
export function bodyWithLink(request: PlanRequest, facts: PlanFacts): string {
  return appended(request.body, facts.mediaLink ?? request.mediaUrl.map(inText).join(" "));
}

/** A URL as a text carries it: a space would end it, and what Smart Encoding replaces would lead elsewhere. */
function inText(url: string): string {
  // The one ASCII character that Smart Encoding replaces and a query may hold.
  return new URL(url).href.replaceAll("`", "%60");
}

function appended(body: string, link: string): string {
  return body === "" ? link : `${body} ${link}`;
}
