import type { FormParameters, Sender } from "@messaging-service/core";
import { rfc2822 } from "../dates.ts";
import { fault } from "../errors.ts";
import type { NumberChange, Owned, OwnedKind } from "../inventory.ts";
import { pageOf } from "../item-page.ts";
import { legacyList, parsePage } from "../paging.ts";
import { oneOf, textOf } from "../params.ts";
import type { Answer, Call } from "../ports.ts";
import { urlOf } from "../service-parameters.ts";
import type { ResourceParts } from "./services.ts";

const METHODS = ["GET", "POST"] as const;

/** What a request says of a number. An empty URL takes it away. @throws Fault 11100, 20422. */
export function parseNumberChange(form: FormParameters): NumberChange {
  const change = {
    friendlyName: textOf(form, "FriendlyName"),
    smsUrl: urlOf(form, "SmsUrl"),
    smsMethod: oneOf(form, "SmsMethod", METHODS),
    smsFallbackUrl: urlOf(form, "SmsFallbackUrl"),
    smsFallbackMethod: oneOf(form, "SmsFallbackMethod", METHODS),
  };
  const tooLong = (change.friendlyName ?? "").length > 64;
  if (tooLong) throw fault(20422, "FriendlyName has at most 64 characters.");
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** What tells the two lists of owned numbers apart. */
export interface OwnedList {
  readonly kind: OwnedKind;
  readonly key: string;
  /** Query parameter that names an address or a part of it. */
  readonly filter: string;
  readonly render: (owned: Owned, call: Call) => unknown;
}

/** A page of them, those that the address filter and FriendlyName like. */
export async function listOwned(
  { registry: { inventory } }: ResourceParts,
  call: Call,
  { kind, key, filter, render }: OwnedList,
): Promise<Answer> {
  const request = parsePage(call);
  const likes = toMatcher(textOf(call.query, filter));
  const friendlyName = textOf(call.query, "FriendlyName");
  let senders: readonly Sender[] = inventory.list(kind).filter(({ id }) => likes(id));
  if (friendlyName !== undefined && friendlyName !== "") {
    const all = await inventory.describe(senders);
    senders = all.filter((owned) => owned.friendlyName === friendlyName).map(({ sender }) => sender);
  }
  const { items, ends } = pageOf(senders, request, ({ id }) => id);
  const entries = (await inventory.describe(items)).map((owned) => render(owned, call));
  return { status: 200, json: legacyList(call, key, entries, request, ends) };
}

/** The owned sender of the path. @throws Fault 20404. */
export async function ownedOf(
  { registry: { inventory } }: ResourceParts,
  call: Call,
  kind: OwnedKind,
): Promise<Owned> {
  const owned = await inventory.find(call.params.Sid ?? "");
  if (owned?.kind !== kind) throw fault(20404);
  return owned;
}

/** Fields that both resources have. */
export function renderOwned(
  { sid, friendlyName, webhook, createdAt, updatedAt }: Owned,
  accountSid: string,
): Record<string, unknown> {
  return {
    sid,
    account_sid: accountSid,
    friendly_name: friendlyName,
    api_version: "2010-04-01",
    date_created: rfc2822(new Date(createdAt)),
    date_updated: rfc2822(new Date(updatedAt)),
    sms_url: webhook.smsUrl,
    sms_method: webhook.smsMethod,
    sms_fallback_url: webhook.smsFallbackUrl,
    sms_fallback_method: webhook.smsFallbackMethod,
  };
}

/** Digits anywhere in the number, with `*` for any digit, as Twilio reads it. */
function toMatcher(wanted: string | undefined): (address: string) => boolean {
  if (wanted === undefined || wanted === "") return () => true;
  const pattern = wanted
    .slice(0, 32)
    .replace(/[^0-9A-Za-z*]/g, "")
    .replaceAll("*", "[0-9A-Za-z]");
  const expression = new RegExp(pattern, "i");
  return (address) => expression.test(address);
}
