import type { ErrorCode } from "../errors.ts";
import type { MessageKind } from "../types.ts";

/** Kinds of message that carry the media themselves. */
type MediaKind = Exclude<MessageKind, "SMS">;

const KIB = 1_024;
const MIB = 1_024 * KIB;

const IMAGES = "image/jpeg image/jpg image/gif image/png";
const MMS_TYPES = `${IMAGES} image/heic image/heif image/tiff image/bmp
  video/mpeg4 video/mp4 video/mpeg video/webm video/quicktime video/3gpp video/3gpp2 video/3gpp-tt video/h261 video/h263
  video/h263-1998 video/h263-2000 video/h264 video/h265
  audio/ogg audio/mpeg audio/mp4 audio/mp3 audio/3gpp audio/3gpp2 audio/basic audio/l24 audio/vnd.rn-realaudio
  audio/vnd.wave audio/ac3 audio/webm audio/amr-nb audio/amr
  text/vcard text/x-vcard text/directory text/csv text/richtext text/rtf text/calendar
  application/pdf application/vcard`;

/**
 * What each kind of message carries: accepted content types, most bytes of all media together, and of a single file by
 * its type, the first pattern that matches.
 *
 * Sources, as of 2026-11-23: Twilio's "Accepted content types for media" (dated 2026-07-07) for types and totals; the
 * Message resource's MediaUrl for 500 kB of an MMS file other than jpeg, png and gif; "Guidance on WhatsApp Media
 * Messages" for 5 MB of a WhatsApp image. WebP is for WhatsApp's stickers.
 *
 * @see https://www.twilio.com/docs/messaging/guides/accepted-mime-types
 * @see https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages
 */
export const MEDIA_LIMITS: Readonly<
  Record<
    MediaKind,
    {
      readonly types: ReadonlySet<string>;
      readonly total: number;
      readonly each: readonly (readonly [type: RegExp, most: number])[];
    }
  >
> = {
  MMS: {
    types: setOf(MMS_TYPES),
    total: 5 * MIB,
    each: [
      [/^image\/(jpeg|jpg|png|gif)$/, 5 * MIB],
      [/./, 500 * KIB],
    ],
  },
  RCS: {
    types: setOf(`${IMAGES} video/mpeg4 video/mp4 video/mpeg video/webm video/h263
      audio/ogg audio/mpeg audio/mp4 audio/mp3 audio/3gpp application/pdf`),
    total: 16 * MIB,
    each: [],
  },
  WHATSAPP: {
    types: setOf(`${MMS_TYPES} image/webp audio/aac application/msword application/vnd.ms-excel
      application/vnd.ms-powerpoint application/vnd.openxmlformats-officedocument.presentationml.presentation
      application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
      application/vnd.openxmlformats-officedocument.wordprocessingml.document`),
    total: 16 * MIB,
    each: [[/^image\//, 5 * MIB]],
  },
};

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/));
}

/** A file as its server describes it. */
export interface MediaFile {
  /** Named in a refusal. */
  readonly url: string;
  /** As the Content-Type header has it; `undefined` without one. */
  readonly contentType: string | undefined;
  /** Bytes; `undefined` where the server does not say. */
  readonly size: number | undefined;
}

/** Why a kind of message cannot carry some files. */
export interface MediaFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * What stands against these files in a message of that kind, or `undefined`. An SMS carries a link, so it may be to any
 * file. A size that nobody knows counts as nothing.
 */
export function mediaFault(kind: MessageKind, files: readonly MediaFile[]): MediaFault | undefined {
  if (kind === "SMS") return undefined;
  const { types, total, each } = MEDIA_LIMITS[kind];
  let sum = 0;
  for (const { url, contentType, size = 0 } of files) {
    const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
    if (!types.has(type)) {
      const code = kind === "MMS" ? "MEDIA_TYPE_NOT_ACCEPTED" : "CHANNEL_MEDIA_NOT_ACCEPTED";
      const what = type === "" ? "has no Content-Type" : `is ${type}`;
      return { code, message: `${url} ${what}, which ${kind} does not carry.` };
    }
    const most = each.find(([pattern]) => pattern.test(type))?.[1] ?? total;
    if (size > most) return tooLarge(`${url} has ${size} bytes; ${kind} carries ${most} of ${type}.`);
    sum += size;
  }
  return sum > total
    ? tooLarge(`The media have ${sum} bytes together; ${kind} carries ${total}.`)
    : undefined;
}

function tooLarge(message: string): MediaFault {
  return { code: "MEDIA_TOO_LARGE", message };
}
