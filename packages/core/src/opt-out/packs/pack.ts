import type { OptOutType } from "../../types.ts";
import type { Replies } from "../replies.ts";

/** Where a word of a pack comes from. */
export type PackEvidence =
  | { readonly verified: true; readonly source: string }
  | { readonly verified: false; readonly reason: string };

/** A word of a built-in pack. */
export type PackWord = PackEvidence & {
  readonly word: string;
  readonly optOutType: OptOutType;
  /** As in {@link import("../standard.ts").StandardWord}. */
  readonly onlyWhenOptedOut: boolean;
  /** Answers in place of the pack's reply of that type. */
  readonly reply?: string | undefined;
};

/** A built-in set of words and replies in one language. */
export interface KeywordPack {
  /** BCP 47. */
  readonly language: string;
  /** When the sources were read, `YYYY-MM-DD`. */
  readonly asOf: string;
  /** Countries where the language is the usual one: a word that two languages share is answered in theirs. */
  readonly countries: readonly string[];
  readonly words: readonly PackWord[];
  readonly replies: Replies;
}

/** Built-in sets of one country, by language. */
export interface CountryPack {
  readonly country: string;
  readonly asOf: string;
  /** STOP and HELP words are answered even when the sender is opted out already, or was never subscribed. */
  readonly answerNonSubscribers: boolean;
  readonly sets: readonly KeywordPack[];
}

/** Day the sources of the built-in packs were read. */
export const AS_OF = "2026-11-23";

/** The public lists the packs were made from. */
export const SOURCES = {
  bird: "https://docs.bird.com/applications/channels/channels/supported-channels/sms/concepts/opt-in-and-opt-out-compliance",
  sinch:
    "https://community.sinch.com/t5/Conversation-API/Can-I-customize-opt-in-and-opt-out-keywords-for-use-with-consent/m-p/18980",
  canada:
    "https://support.infobip.com/docs/essentials/usa-and-canada-compliance/canadian-mandatory-keyword-responses",
  twilioProxy: "https://www.twilio.com/docs/proxy",
  esendex: "https://esendex.us/docs/sms-api/system-keywords",
  brevo: "https://help.brevo.com/hc/en-us/articles/208723209",
  tencent: "https://intl.cloud.tencent.com/document/product/382/35474",
  sweden: "https://www.sent.dm/resources/sweden-sms-guide",
  denmark: "https://www.sent.dm/resources/dk-sms-guidance",
  estonia: "https://www.sent.dm/resources/ee-sms-guidance",
  israel: "https://www.s.dm/resources/il-sms-guidance",
} as const;

const TRANSLATION =
  "What the language says for the standard word: no list of a regulator, carrier or provider that was read names it.";

/** A word that a public list names. */
export function listed(
  optOutType: OptOutType,
  word: string,
  source: keyof typeof SOURCES,
  options: { readonly onlyWhenOptedOut?: boolean; readonly reply?: string } = {},
): PackWord {
  const { onlyWhenOptedOut = false, reply } = options;
  return { word, optOutType, onlyWhenOptedOut, reply, verified: true, source: SOURCES[source] };
}

/** A word that is the standard word in translation and nothing more. */
export function translated(optOutType: OptOutType, word: string): PackWord {
  return { word, optOutType, onlyWhenOptedOut: false, verified: false, reason: TRANSLATION };
}
