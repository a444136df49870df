import {
  type ConsentAnswer,
  type ConsentEvent,
  type ConsentInput,
  type FormParameters,
  type MessagingService,
  parseAddress,
  parseTime,
} from "@messaging-service/core";
import { iso8601 } from "../dates.ts";
import { fault } from "../errors.ts";
import { metaList, parsePage } from "../paging.ts";
import { flagOf, oneOf, textOf } from "../params.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { refusal } from "../service-errors.ts";
import { serviceOf } from "./service-of.ts";
import type { ResourceParts } from "./services.ts";

const COLLECTION = "/v1/Services/{ServiceSid}/OptOuts";
/** What consent may be said to come from over REST. */
const SOURCES = ["website", "offline", "import", "operator"] as const;
/** Pages of the ledger read for one page of opt-outs: it is short where few of them are, and goes on from there. */
const MOST_ROUNDS = 5;

/**
 * `…/OptOuts`: who opted out of a service. Twilio lets nobody read or write this list. Newest last; a person is listed by the event that
 * holds, once.
 */
export function optOutRows(parts: ResourceParts): readonly Row[] {
  const { accountSid } = parts;
  return [
    ["GET", COLLECTION, list],
    ["POST", COLLECTION, create],
    ["GET", `${COLLECTION}/{Address}`, fetch],
    ["DELETE", `${COLLECTION}/{Address}`, remove],
  ];

  async function list(call: Call): Promise<Answer> {
    const request = parsePage(call);
    if (request.back) throw fault(21481);
    const service = await serviceOf(parts, call);
    // By address: what was said twice within a millisecond is held by both events.
    const items = new Map<string, unknown>();
    let after = request.cursor;
    for (let round = 0; round < MOST_ROUNDS && items.size < request.size; round++) {
      const page = await service.consent.page({ after, limit: request.size - items.size });
      const found = await Promise.all(page.events.map((event) => held(service, event)));
      for (const answer of found) if (answer !== undefined) items.set(answer.address, render(answer, call));
      after = page.cursor;
      if (after === undefined) break;
    }
    return {
      status: 200,
      json: metaList(call, "opt_outs", [...items.values()], request, { next: after, previous: undefined }),
    };
  }

  async function create(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    const address = textOf(call.form, "Address") ?? "";
    const { applied, reason } = await service.consent.set(address, {
      ...parseConsent(call.form),
      status: "opted-out",
    });
    if (!applied) throw refusal(20409, reason);
    return { status: 201, json: render(await service.consent.get(address, reachOf(call.form)), call) };
  }

  async function fetch(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    const answer = await service.consent.get(addressOf(call), reachOf(call.query));
    if (answer.status !== "opted-out") throw fault(20404);
    return { status: 200, json: render(answer, call) };
  }

  /** An opt-in, on record as such; the history of what was said stays. */
  async function remove(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    const address = addressOf(call);
    const there = await service.consent.get(address, reachOf(call.query));
    if (there.status !== "opted-out") throw fault(20404);
    const { applied, reason } = await service.consent.set(address, {
      ...parseConsent(call.query),
      status: "opted-in",
      force: flagOf(call.query, "Force"),
    });
    if (!applied) throw refusal(20409, reason);
    return { status: 204 };
  }

  function render({ address, status, since, source }: ConsentAnswer, call: Call): unknown {
    const { ServiceSid = "" } = call.params;
    return {
      address,
      account_sid: accountSid,
      service_sid: ServiceSid,
      status,
      source,
      date_created: iso8601(since),
      url: `${call.baseUrl}/v1/Services/${ServiceSid}/OptOuts/${encodeURIComponent(address)}`,
    };
  }
}

/** The path's address. @throws Fault 20404 for what is none. */
function addressOf(call: Call): string {
  const parsed = parseAddress(call.params.Address ?? "");
  if (parsed?.number === undefined) throw fault(20404);
  return parsed.address;
}

/** The opt-out that an event brought about, if it holds still, and toward this service. */
async function held(service: MessagingService, event: ConsentEvent): Promise<ConsentAnswer | undefined> {
  const { person, channel, status, effect, at, sender, category } = event;
  if (status !== "opted-out" || effect !== "applied" || category !== undefined) return undefined;
  const address = channel === "whatsapp" ? `whatsapp:${person}` : person;
  const answer = await service.consent.get(address, sender === undefined ? {} : { sender });
  return answer.status === "opted-out" && answer.since?.getTime() === at ? answer : undefined;
}

/** @throws Fault 20422. */
function parseConsent(form: FormParameters): Omit<ConsentInput, "status"> {
  const date = textOf(form, "DateOfConsent");
  const at = date === undefined || date === "" ? undefined : new Date(parseTime(date));
  if (at !== undefined && Number.isNaN(at.getTime()))
    throw fault(20422, "DateOfConsent is a time in ISO 8601.");
  return {
    source: oneOf(form, "Source", SOURCES) ?? "operator",
    at,
    ...reachOf(form),
    note: textOf(form, "Note"),
  };
}

/** What of a person's consent is meant: toward one sender, about one category, or all of it. */
function reachOf(form: FormParameters): Pick<ConsentInput, "sender" | "category"> {
  return { sender: filled(form, "Sender"), category: filled(form, "Category") };
}

/** A parameter that is empty is not given. */
function filled(form: FormParameters, name: string): string | undefined {
  const text = textOf(form, name);
  return text === "" ? undefined : text;
}
