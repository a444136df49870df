import type { OptOutType } from "../types.ts";

/** The text that answers each type of keyword. `{brand}` and `{supportContact}` are slots. */
export type Replies = Readonly<Record<Lowercase<OptOutType>, string>>;

/** The most characters a reply may have, after its slots are filled (Twilio's limit, and the campaign registry's). */
export const MAX_REPLY_LENGTH = 320;

/** What fills the slots of a reply. */
export interface ReplySlots {
  readonly brand?: string | undefined;
  readonly supportContact?: string | undefined;
}

const SLOT = /\{(brand|supportContact)\}/g;
const BRAND_PREFIX = /\{brand\}\s*[:：,–-]?\s*/g;
/** Within a sentence: a stop with a letter behind it is of a domain or a number, and a line is a sentence of its own. */
const WITHIN = "(?:[^.!?。।！？\\n]|[.!?](?=\\S))*";
const SENTENCE_OF_CONTACT = new RegExp(`${WITHIN}\\{supportContact\\}${WITHIN}[.!?。।！？]?`, "g");

/**
 * A reply with its slots filled. Without a brand the `{brand}: ` goes; without a support contact the whole sentence that
 * holds `{supportContact}` goes, so that the text reads well either way. A slot's value is text: slots in it are not filled.
 */
export function renderReply(template: string, slots: ReplySlots): string {
  const { brand, supportContact } = slots;
  let text = template;
  if (supportContact === undefined) {
    text = text.replace(SENTENCE_OF_CONTACT, (sentence) =>
      (/\{brand\}\s*:/.exec(sentence)?.[0] ?? "").trim(),
    );
  }
  if (brand === undefined) text = text.replace(BRAND_PREFIX, "");
  return text
    .replace(SLOT, (_slot, name: keyof ReplySlots) => slots[name] ?? "")
    .replace(/[ \t]{2,}/g, " ")
    .trim();
}
