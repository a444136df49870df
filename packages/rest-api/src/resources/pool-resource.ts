import type { FormParameters, MessagingService } from "@messaging-service/core";
import { iso8601 } from "../dates.ts";
import { fault } from "../errors.ts";
import type { OwnedKind } from "../inventory.ts";
import { pageOf } from "../item-page.ts";
import { toMember } from "../members.ts";
import { metaList, parsePage } from "../paging.ts";
import { isSid, textOf } from "../params.ts";
import type { Member, PoolRefusal } from "../pools.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { refusal } from "../service-errors.ts";
import { serviceOf } from "./service-of.ts";
import type { ResourceParts } from "./services.ts";

/** One of the sub-resources that make up a pool. */
export interface PoolResource {
  /** "PhoneNumbers": the last part of its path. */
  readonly path: string;
  /** Key of its lists. */
  readonly key: string;
  /** Whether a member of the pool is one of its entries. */
  readonly holds: (member: Member) => boolean;
  /** The sender a request names. Throws what the request did wrong. */
  readonly parse: (form: FormParameters, service: MessagingService) => Promise<Member>;
  /** Its fields beside SIDs, dates and URL. */
  readonly render: (member: Member) => Record<string, unknown>;
  /** What the service's SID is called. Default `service_sid`. */
  readonly serviceKey?: string | undefined;
  /** Which entries a list's query asks for. */
  readonly filter?: ((call: Call) => (member: Member) => boolean) | undefined;
}

/**
 * Add, list, fetch and remove of a sub-resource; there is no update, as Twilio has none.
 *
 * @see https://www.twilio.com/docs/messaging/api/phonenumber-resource
 */
export function poolRows(parts: ResourceParts, resource: PoolResource): readonly Row[] {
  const { registry, accountSid } = parts;
  const collection = `/v1/Services/{ServiceSid}/${resource.path}`;
  return [
    ["POST", collection, add],
    ["GET", collection, list],
    ["GET", `${collection}/{Sid}`, fetch],
    ["DELETE", `${collection}/{Sid}`, remove],
  ];

  async function add(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    const member = await resource.parse(call.form, service);
    const result = await registry.pools.add(service, member);
    if (result.member === undefined) throw refuse(result.refused);
    return { status: 201, json: render(result.member, call) };
  }

  async function list(call: Call): Promise<Answer> {
    const request = parsePage(call);
    const wanted = resource.filter?.(call) ?? (() => true);
    const members = (await membersOf(call)).filter(wanted);
    const { items, ends } = pageOf(members, request, ({ sid }) => sid);
    const entries = items.map((member) => render(member, call));
    return { status: 200, json: metaList(call, resource.key, entries, request, ends) };
  }

  async function fetch(call: Call): Promise<Answer> {
    const member = (await membersOf(call)).find(({ sid }) => sid === call.params.Sid);
    if (member === undefined) throw fault(20404);
    return { status: 200, json: render(member, call) };
  }

  async function remove(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    const member = (await membersOf(call)).find(({ sid }) => sid === call.params.Sid);
    if (member === undefined) throw refusal(21711);
    const { refused } = await registry.pools.remove(service, member.sid);
    if (refused !== undefined) throw refuse(refused);
    return { status: 204 };
  }

  /** Of a service that is kept in the store without starting it. */
  async function membersOf({ params: { ServiceSid = "" } }: Call): Promise<readonly Member[]> {
    const members = await registry.members(ServiceSid);
    if (members === undefined) throw fault(21701);
    return members.filter(resource.holds);
  }

  function render(member: Member, { baseUrl, params: { ServiceSid = "" } }: Call): unknown {
    const at = iso8601(new Date(member.at));
    return {
      sid: member.sid,
      account_sid: accountSid,
      [resource.serviceKey ?? "service_sid"]: ServiceSid,
      date_created: at,
      date_updated: at,
      ...resource.render(member),
      url: `${baseUrl}/v1/Services/${ServiceSid}/${resource.path}/${member.sid}`,
    };
  }
}

/** How a request names an owned sender: the parameter, the prefix of its SID, and what else it must be. */
export interface OwnedParameter {
  readonly name: string;
  readonly prefix: "PN" | "SC" | "XE";
  readonly kind: OwnedKind;
}

/** The owned sender that a request names. @throws Fault 21421 for no SID, 30436 for one the account does not own. */
export async function ownedMember(
  { registry, now }: ResourceParts,
  form: FormParameters,
  { name, prefix, kind }: OwnedParameter,
): Promise<Member> {
  const sid = textOf(form, name) ?? "";
  if (!isSid(sid, prefix)) throw refusal(21421, `${name} is ${prefix} and 32 hexadecimal digits.`);
  const owned = await registry.inventory.find(sid);
  if (owned?.kind !== kind) throw refusal(30436);
  return toMember(owned, now());
}

function refuse(refused: PoolRefusal): Error {
  switch (refused) {
    case "in-service":
      return refusal(21710);
    case "in-another":
      return refusal(21712);
    case "full":
      return refusal(21714);
    case "not-in-service":
      return refusal(21711);
    case "fixed":
      return refusal(
        20409,
        "The service's code lists this sender: take it out of the `senders` option there.",
      );
  }
}
