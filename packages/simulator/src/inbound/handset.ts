import { MessagingError } from "@messaging-service/core";
import { check, checkFields, isWhole, listOf, oneOf, type Rule, rules } from "../checks.ts";
import type { Exchange } from "../exchange.ts";
import { channelOf, isSenderAddress } from "../wire/address.ts";
import { type InboundWebhook, receiveText, type TextResult } from "./inbound.ts";
import type { Phone, PhoneTraits, ReceivedText } from "./phone-book.ts";

/** What a handset is; see {@link Carrier.handset}. */
export interface HandsetOptions extends PhoneTraits {}

/** What goes with a text. */
export interface TextOptions {
  readonly mediaUrl?: string | readonly string[] | undefined;
  /** The inbound message's SID: the same one again is the same message delivered again. Default a new one. */
  readonly messageSid?: string | undefined;
  /** Sent as `OptOutType`, as Twilio does when Advanced Opt-Out recognised a keyword. */
  readonly optOutType?: "STOP" | "START" | "HELP" | undefined;
  /** Further parameters of the webhook, or others instead of ours. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Delivers the same webhook that many times more, with one idempotency token. Only one answer's replies are sent: the last one's. Default 0. */
  readonly duplicates?: number | undefined;
  /** Delivers the duplicates all at once; the first good answer's replies are sent. Default false. */
  readonly concurrent?: boolean | undefined;
}

/** How long to wait for a text. */
export interface WaitOptions {
  /** Real milliseconds, whatever clock the carrier has; default 5,000. */
  readonly timeoutMs?: number | undefined;
}

/** A phone. */
export interface Handset {
  readonly number: string;
  /** What arrived, in order. Live. */
  readonly inbox: readonly ReceivedText[];
  /**
   * Texts one of our senders, and resolves with what our webhook answered; its replies are in the inbox by then. Rejects
   * with INVALID_SENDER, CHANNEL_MISMATCH (WhatsApp texts WhatsApp senders only), UNKNOWN_OPTION, INVALID_OPTION or SERVICE_CLOSED.
   */
  text(to: string, body: string, options?: TextOptions): Promise<TextResult>;
  /**
   * The n-th text of the inbox, or the first that the predicate likes; already there or as it arrives. Rejects when the
   * time is over or the carrier closes.
   */
  waitFor(wanted: number | ((text: ReceivedText) => boolean), options?: WaitOptions): Promise<ReceivedText>;
}

const TRAITS: Readonly<Record<keyof HandsetOptions, Rule>> = {
  capabilities: listOf(oneOf("SMS", "MMS")),
  carrier: rules.text,
  rcs: rules.flag,
  profileName: rules.text,
};
const FIELDS: Readonly<Record<keyof TextOptions, Rule>> = {
  mediaUrl: [(value) => [value].flat().every((url) => typeof url === "string"), "a URL, or a list of URLs"],
  messageSid: rules.text,
  optOutType: oneOf("STOP", "START", "HELP"),
  parameters: rules.parts,
  duplicates: rules.count,
  concurrent: rules.flag,
};

/** The handset at a number. Throws INVALID_RECIPIENT for what is no address, UNKNOWN_OPTION or INVALID_OPTION. */
export function createHandset(
  exchange: Exchange,
  webhooks: ReadonlyMap<string, InboundWebhook>,
  number: string,
  options: HandsetOptions,
): Handset {
  if (typeof number !== "string" || !isSenderAddress(number))
    throw new MessagingError("INVALID_RECIPIENT", `${JSON.stringify(number)} is no number for a handset.`);
  checkFields("a handset", options, TRAITS);
  const phone = exchange.phones.at(number);
  phone.traits = { ...phone.traits, ...options };
  return Object.freeze({
    number,
    inbox: phone.inbox,
    async text(to: string, body: string, options: TextOptions = {}): Promise<TextResult> {
      exchange.life.assertOpen();
      if (typeof to !== "string" || !isSenderAddress(to))
        throw new MessagingError("INVALID_SENDER", `${JSON.stringify(to)} is no sender that can be texted.`);
      check(typeof body === "string", "the body of a text", body, "a text");
      checkFields("a text", options, FIELDS);
      if ((channelOf(to) === "whatsapp") !== (channelOf(number) === "whatsapp"))
        throw new MessagingError("CHANNEL_MISMATCH", `${number} cannot text ${to}.`);
      const content = {
        body,
        mediaUrl: [options.mediaUrl ?? []].flat(),
        sid: options.messageSid,
        optOutType: options.optOutType,
        parameters: options.parameters ?? {},
        duplicates: options.duplicates ?? 0,
        concurrent: options.concurrent ?? false,
      };
      return exchange.life.track(receiveText(exchange, webhooks, phone, to, content));
    },
    waitFor: (wanted: number | ((text: ReceivedText) => boolean), options: WaitOptions = {}) =>
      waitFor(exchange, phone, wanted, options),
  });
}

function waitFor(
  { life }: Exchange,
  { number, inbox, listeners }: Phone,
  wanted: number | ((text: ReceivedText) => boolean),
  { timeoutMs = 5_000 }: WaitOptions,
): Promise<ReceivedText> {
  const find = (): ReceivedText | undefined =>
    typeof wanted === "number" ? inbox[wanted - 1] : inbox.find(wanted);
  return new Promise((resolve, reject) => {
    const isWaitable = typeof wanted === "function" || isWhole(wanted, 1);
    check(isWaitable, "what is waited for", wanted, "a number from 1, or a predicate");
    const stop = (): void => {
      clearTimeout(timeout);
      listeners.delete(look);
      release();
    };
    const look = (): void => {
      try {
        const text = find();
        if (text === undefined) return;
        resolve(text);
      } catch (error) {
        // A predicate that throws is its test's failure, not the delivery's.
        reject(error);
      }
      stop();
    };
    const giveUp = (reason: string): void => {
      stop();
      const bodies = JSON.stringify(inbox.map(({ body }) => body));
      reject(new Error(`${number} did not get the text waited for ${reason}; it has ${bodies}.`));
    };
    const timeout = setTimeout(() => giveUp(`in ${timeoutMs} ms`), timeoutMs);
    listeners.add(look);
    let release = (): void => {};
    release = life.onClose(() => giveUp("before the carrier closed"));
    look();
  });
}
