import { hash } from "node:crypto";
import { type AccountMessage, type Media, parseUrl } from "@messaging-service/core";
import { parseDaySpan, parseSpan, rfc2822 } from "../dates.ts";
import { fault } from "../errors.ts";
import type { ResolvedRestOptions } from "../options.ts";
import { legacyList, pageOf, parsePage } from "../paging.ts";
import { textOf } from "../params.ts";
import type { Answer, Call, Registry, Row } from "../ports.ts";
import { messagesPath } from "./message-view.ts";
import { keeperOf, type MessageFinder } from "./messages.ts";

/** A media file of a message, with the SID it is known by. */
interface Named extends Media {
  readonly sid: string;
}

/** Types by the end of a URL's path, where nobody said one. @see Twilio, "Accepted content types for media". */
const TYPES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  mp4: "video/mp4",
  mp3: "audio/mpeg",
  pdf: "application/pdf",
  vcf: "text/vcard",
};

/** `…/Messages/{Sid}/Media`: where a message's media files are. The files themselves are not kept here. */
export function mediaRows({
  options,
  registry,
  find,
}: {
  readonly options: ResolvedRestOptions;
  readonly registry: Registry;
  readonly find: MessageFinder;
}): readonly Row[] {
  const list = "/2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media";
  return [
    ["GET", list, readAll],
    ["GET", `${list}/{Sid}`, read],
    ["DELETE", `${list}/{Sid}`, remove],
  ];

  async function readAll(call: Call): Promise<Answer> {
    const request = parsePage(call);
    const message = await find(call.params.MessageSid);
    const media = isWithin(call, message.dateCreated.getTime()) ? namesOf(message) : [];
    const { items, next, previous } = pageOf(media, ({ sid }) => sid, request);
    const views = items.map((each) => view(message, each));
    return { status: 200, json: legacyList(call, "media_list", views, request, { next, previous }) };
  }

  /** With `.json` (or asked for JSON) the resource; without, the way to the file, as on Twilio. */
  async function read({ params, suffixed, wantsJson }: Call): Promise<Answer> {
    const message = await find(params.MessageSid);
    const media = mediaOf(message, params.Sid);
    if (suffixed || wantsJson) return { status: 200, json: view(message, media) };
    // Escaped: a URL is taken with any letters, a header takes few.
    const location = parseUrl(media.url)?.href;
    if (location === undefined) throw fault(20404);
    return { status: 307, headers: { location } };
  }

  async function remove({ params }: Call): Promise<Answer> {
    const { url } = mediaOf(await find(params.MessageSid), params.Sid);
    const service = await keeperOf(registry, params.MessageSid);
    await service.removeMedia(params.MessageSid ?? "", url);
    return { status: 204 };
  }

  function view({ sid: parent, dateCreated }: AccountMessage, { sid, url, contentType }: Named) {
    return {
      account_sid: options.accountSid,
      content_type: contentType ?? typeOf(url),
      date_created: rfc2822(dateCreated),
      date_updated: rfc2822(dateCreated),
      parent_sid: parent,
      sid,
      uri: `${messagesPath(options.accountSid)}/${parent}/Media/${sid}.json`,
    };
  }
}

/** @throws Fault 20404. */
function mediaOf(message: AccountMessage, sid: string | undefined): Named {
  const found = namesOf(message).find((each) => each.sid === sid);
  if (found === undefined) throw fault(20404);
  return found;
}

/** SIDs that follow from message and URL, so that they stay when another file is removed. */
function namesOf({ sid, media }: AccountMessage): readonly Named[] {
  const seen = new Map<string, number>();
  return media.map(({ url, contentType }) => {
    const nth = seen.get(url) ?? 0;
    seen.set(url, nth + 1);
    return { url, contentType, sid: `ME${hash("sha256", JSON.stringify([sid, url, nth])).slice(0, 32)}` };
  });
}

function typeOf(url: string): string | null {
  const end = parseUrl(url)?.pathname.split(".").at(-1)?.toLowerCase() ?? "";
  return Object.hasOwn(TYPES, end) ? (TYPES[end] ?? null) : null;
}

/** Whether a time is in what `DateCreated`, `DateCreated<` and `DateCreated>` leave. @throws Fault 20422. */
function isWithin({ query }: Call, at: number): boolean {
  const span = (name: string, parse = parseSpan) => {
    const text = textOf(query, name);
    if (text === undefined || text === "") return undefined;
    const parsed = parse(text);
    if (parsed === undefined) throw fault(20422, `${name} is a day (2016-07-31) or a time in GMT.`);
    return parsed;
  };
  const [on, until, from] = [span("DateCreated", parseDaySpan), span("DateCreated<"), span("DateCreated>")];
  if (on !== undefined && (at < on.from || at >= on.until)) return false;
  if (until !== undefined && at >= until.until) return false;
  return from === undefined || at >= from.from;
}
