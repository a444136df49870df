import { isMessagingError, parseAddress, type StickyEntry } from "@messaging-service/core";
import { fault } from "../errors.ts";
import { metaList, parsePage } from "../paging.ts";
import { textOf } from "../params.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { serviceOf } from "./service-of.ts";
import type { ResourceParts } from "./services.ts";

const COLLECTION = "/v1/Services/{ServiceSid}/StickyMappings";

/** `…/StickyMappings`: which sender a service keeps for which recipient. Twilio shows nobody. In the order they were made. */
export function stickyMappingRows(parts: ResourceParts): readonly Row[] {
  const { accountSid } = parts;
  return [
    ["GET", COLLECTION, list],
    ["POST", COLLECTION, pin],
    ["GET", `${COLLECTION}/{To}`, fetch],
    ["DELETE", `${COLLECTION}/{To}`, remove],
  ];

  async function list(call: Call): Promise<Answer> {
    const request = parsePage(call);
    if (request.back) throw fault(21481);
    const service = await serviceOf(parts, call);
    const { entries, cursor } = await service.sticky.page({ after: request.cursor, limit: request.size });
    const items = entries.map((entry) => render(entry, call));
    const ends = { next: cursor, previous: undefined };
    return { status: 200, json: metaList(call, "sticky_mappings", items, request, ends) };
  }

  async function pin(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    const to = textOf(call.form, "To") ?? "";
    const sender = textOf(call.form, "Sender") ?? "";
    const address = parseAddress(sender)?.address ?? sender;
    try {
      return { status: 201, json: render(await service.sticky.pin(to, address), call) };
    } catch (error) {
      if (!isMessagingError(error, "SENDER_NOT_FOUND")) throw error;
      // Another process may have added it a moment ago.
      await service.update({});
      return { status: 201, json: render(await service.sticky.pin(to, address), call) };
    }
  }

  async function fetch(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    const entry = await service.sticky.get(recipientOf(call));
    if (entry === undefined) throw fault(20404);
    return { status: 200, json: render(entry, call) };
  }

  async function remove(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    if (!(await service.sticky.clear(recipientOf(call)))) throw fault(20404);
    return { status: 204 };
  }

  function render({ to, sender }: StickyEntry, { baseUrl, params: { ServiceSid = "" } }: Call): unknown {
    return {
      to,
      sender,
      account_sid: accountSid,
      service_sid: ServiceSid,
      url: `${baseUrl}/v1/Services/${ServiceSid}/StickyMappings/${encodeURIComponent(to)}`,
    };
  }
}

/** The path's recipient. @throws Fault 20404 for what is none. */
function recipientOf(call: Call): string {
  const parsed = parseAddress(call.params.To ?? "");
  if (parsed?.number === undefined) throw fault(20404);
  return parsed.address;
}
