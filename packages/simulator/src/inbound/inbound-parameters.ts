import { type Exchange, optOutScope } from "../exchange.ts";
import type { MessageRecord } from "../message/message.ts";
import { bareAddress, channelOf } from "../wire/address.ts";
import { countryOf } from "../wire/geography.ts";
import { createSid } from "../wire/sid.ts";
import { keywordOf } from "./opt-out.ts";
import type { Phone } from "./phone-book.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  gif: "image/gif",
  mp4: "video/mp4",
  "3gp": "video/3gpp",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  pdf: "application/pdf",
  vcf: "text/vcard",
};

function contentTypeOf(url: string): string {
  const extension = /\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? "";
  return CONTENT_TYPES[extension] ?? "image/jpeg";
}

/** Twilio's parameters of an inbound message; also applies the carrier's own opt-out handling. */
export function inboundParameters(
  exchange: Exchange,
  phone: Phone,
  message: MessageRecord,
  optOutType: string | undefined,
): Record<string, string> {
  const { sid, accountSid, messagingServiceSid, to, body, mediaUrl, numSegments } = message;
  const from = message.from ?? phone.number;
  const hint = optOutType ?? applyKeyword(exchange, message, from);
  const media = mediaUrl.flatMap((url, index) => [
    [`MediaContentType${index}`, contentTypeOf(url)],
    [`MediaUrl${index}`, url],
  ]);
  const place = (end: string, address: string): Record<string, string> => ({
    [`${end}Country`]: countryOf(address) ?? "",
    [`${end}State`]: "",
    [`${end}City`]: "",
    [`${end}Zip`]: "",
  });
  return {
    ToCountry: "",
    ...(channelOf(to) === "sms" && { ...place("To", to), ...place("From", from) }),
    ...(channelOf(to) === "whatsapp" && {
      ProfileName: phone.traits.profileName ?? "Simulator",
      WaId: bareAddress(from).replace("+", ""),
      MessageType: mediaUrl.length > 0 ? (contentTypeOf(mediaUrl[0] ?? "").split("/", 1)[0] ?? "") : "text",
    }),
    SmsMessageSid: sid,
    NumMedia: String(mediaUrl.length),
    SmsSid: sid,
    SmsStatus: "received",
    Body: body,
    To: to,
    ...(messagingServiceSid !== null && { MessagingServiceSid: messagingServiceSid }),
    NumSegments: String(numSegments),
    MessageSid: sid,
    AccountSid: accountSid,
    From: from,
    ApiVersion: "2010-04-01",
    ...Object.fromEntries(media),
    ...(hint !== undefined && { OptOutType: hint }),
  };
}

/** With opt-out handling on, the carrier blocks and answers before anybody else hears of the text. */
function applyKeyword(exchange: Exchange, { to, body }: MessageRecord, from: string): string | undefined {
  const { settings, blocks, phones, life } = exchange;
  const word = settings.optOutHandling === "none" ? undefined : keywordOf(body);
  if (word === undefined) return undefined;
  const reply = blocks.apply(word, optOutScope(settings, to), from);
  // Such answers are in nobody's message log.
  if (reply !== undefined)
    phones.deliver({
      sid: createSid("SM"),
      from: to,
      to: from,
      body: reply,
      mediaUrl: [],
      at: new Date(life.now()),
    });
  return settings.optOutHandling === "advanced" ? word : undefined;
}
