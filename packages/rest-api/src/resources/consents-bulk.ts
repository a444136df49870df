import { type ConsentInput, type MessagingService, parseAddress, parseTime } from "@messaging-service/core";
import { fault } from "../errors.ts";
import { listOf } from "../params.ts";
import type { Answer, Call, Row } from "../ports.ts";
import type { ResourceParts } from "./services.ts";

const MOST_ITEMS = 25;
/** What Twilio's sources are in the ledger. */
const SOURCES: ReadonlyMap<unknown, ConsentInput["source"]> = new Map([
  ["website", "website"],
  ["offline", "offline"],
  ["opt-in-message", "import"],
  ["opt-out-message", "import"],
  ["others", "import"],
]);
const STATUSES: ReadonlyMap<unknown, ConsentInput["status"]> = new Map([
  ["opt-in", "opted-in"],
  ["opt-out", "opted-out"],
]);
/** What became of one item. */
interface ItemResult {
  readonly correlation_id: string;
  /** 0: it is written down. */
  readonly error_code: number;
  readonly error_messages: readonly string[];
}

/**
 * `POST /v1/Consents/Bulk`: up to 25 consents, each a JSON text in `Items`, each with its own result. The last word on a person and sender
 * holds, however often it is said.
 *
 * @see https://www.twilio.com/docs/messaging/features/consent-api
 */
export function consentsBulkRows({ registry }: ResourceParts): readonly Row[] {
  return [["POST", "/v1/Consents/Bulk", bulk]];

  async function bulk({ form }: Call): Promise<Answer> {
    const items = listOf(form, "Items");
    if (items.length === 0 || items.length > MOST_ITEMS)
      throw fault(20422, `Items are 1 to ${MOST_ITEMS} JSON objects.`);
    const results: ItemResult[] = [];
    // In their order: of two about one person, the later one is the last word.
    for (const text of items) results.push(await record(parseItem(text)));
    return { status: 201, json: { items: results } };
  }

  async function record(item: Readonly<Record<string, unknown>>): Promise<ItemResult> {
    const { contact_id, correlation_id, sender_id, status, source, date_of_consent } = item;
    const correlation = typeof correlation_id === "string" ? correlation_id : "";
    const contact = typeof contact_id === "string" ? parseAddress(contact_id) : undefined;
    const to = await findSender(sender_id);
    const wanted = STATUSES.get(status);
    const from = SOURCES.get(source);
    const at = dateOf(date_of_consent);
    const errors = [
      ...(contact?.number === undefined ? ["INVALID_CONTACT_ID"] : []),
      ...(/^[0-9a-f]{32}$|^[0-9a-f-]{36}$/i.test(correlation) ? [] : ["INVALID_CORRELATION_ID"]),
      ...(to === undefined || isOtherChannel(to.sender, contact?.address) ? ["INVALID_SENDER_ID"] : []),
      ...(wanted === undefined ? ["INVALID_STATUS"] : []),
      ...(from === undefined ? ["INVALID_SOURCE"] : []),
      ...(at === null ? ["INVALID_DATE_OF_CONSENT"] : []),
    ];
    const isWhole = contact !== undefined && to !== undefined && wanted !== undefined && from !== undefined;
    if (errors.length > 0 || !isWhole || at === null) return failed(correlation, errors);
    const { applied } = await to.service.consent.set(contact.address, {
      status: wanted,
      source: from,
      at,
      sender: to.sender,
      note: `Consents/Bulk ${correlation} ${String(source)}`,
    });
    // A later word of the person's, or a toll-free network's block, which an opt-in here does not lift.
    if (!applied) return failed(correlation, ["CONSENT_SUPERSEDED"]);
    return { correlation_id: correlation, error_code: 0, error_messages: [] };
  }

  /** A service, or a number of the account with the service that it is in. */
  async function findSender(
    id: unknown,
  ): Promise<{ readonly service: MessagingService; readonly sender?: string } | undefined> {
    if (typeof id !== "string") return undefined;
    if (id.startsWith("MG")) {
      const service = await registry.get(id);
      return service === undefined ? undefined : { service };
    }
    const sender = parseAddress(id)?.address;
    if (sender === undefined) return undefined;
    const service = await registry.at(sender);
    if (service !== undefined) return { service, sender };
    const owned = await registry.inventory.at(sender);
    return owned === undefined ? undefined : { service: registry.account(), sender };
  }
}

/** WhatsApp's consent is not that of SMS, MMS and RCS. */
function isOtherChannel(sender: string | undefined, contact: string | undefined): boolean {
  if (sender === undefined || contact === undefined) return false;
  return sender.startsWith("whatsapp:") !== contact.startsWith("whatsapp:");
}

function parseItem(text: string): Readonly<Record<string, unknown>> {
  try {
    const item: unknown = JSON.parse(text);
    return typeof item === "object" && item !== null ? (item as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `undefined` where none is given, `null` for what is no date. */
function dateOf(value: unknown): Date | undefined | null {
  if (value === undefined || value === null || value === "") return undefined;
  const date = new Date(typeof value === "string" ? parseTime(value) : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** @see Twilio error 30646. */
function failed(correlation_id: string, error_messages: readonly string[]): ItemResult {
  return { correlation_id, error_code: 30646, error_messages };
}
