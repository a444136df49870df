import { isMessagingError, parseAddress } from "@messaging-service/core";
import { fault } from "../errors.ts";
import type { Owned } from "../inventory.ts";
import { textOf } from "../params.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { refusal } from "../service-errors.ts";
import { listOwned, ownedOf, parseNumberChange, renderOwned } from "./owned-numbers.ts";
import type { ResourceParts } from "./services.ts";

const COLLECTION = "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers";

/**
 * `…/IncomingPhoneNumbers`: the numbers the account owns. Adding one says that you own it; nothing is bought.
 *
 * @see https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
 */
export function incomingPhoneNumberRows(parts: ResourceParts): readonly Row[] {
  const { registry, accountSid } = parts;
  return [
    ["POST", COLLECTION, create],
    ["GET", COLLECTION, list],
    ["GET", `${COLLECTION}/{Sid}`, async (call) => answer(200, await ownedOf(parts, call, "phone-number"))],
    ["POST", `${COLLECTION}/{Sid}`, update],
    ["DELETE", `${COLLECTION}/{Sid}`, remove],
  ];

  async function create({ form }: Call): Promise<Answer> {
    const given = textOf(form, "PhoneNumber") ?? "";
    if (given === "" && textOf(form, "AreaCode") !== undefined) throw refusal(21452);
    const parsed = parseAddress(given);
    if (parsed?.channel !== "sms" || parsed.number === undefined)
      throw refusal(21421, "PhoneNumber is no phone number in E.164.");
    try {
      return answer(201, await registry.inventory.add(parsed.address, parseNumberChange(form)));
    } catch (error) {
      if (isMessagingError(error, "DUPLICATE_SENDER")) throw refusal(21422);
      throw error;
    }
  }

  function list(call: Call): Promise<Answer> {
    return listOwned(parts, call, {
      kind: "phone-number",
      key: "incoming_phone_numbers",
      filter: "PhoneNumber",
      render,
    });
  }

  async function update(call: Call): Promise<Answer> {
    const { sid } = await ownedOf(parts, call, "phone-number");
    const owned = await registry.changeNumber(sid, parseNumberChange(call.form));
    if (owned === undefined) throw fault(20404);
    return answer(200, owned);
  }

  async function remove(call: Call): Promise<Answer> {
    const { sid } = await ownedOf(parts, call, "phone-number");
    if (await registry.removeNumber(sid)) return { status: 204 };
    throw refusal(20409, "A service's code lists this number: take it out of the `senders` option there.");
  }

  function answer(status: number, owned: Owned): Answer {
    return { status, json: render(owned) };
  }

  function render(owned: Owned): unknown {
    const { sid, sender } = owned;
    const has = (capability: "SMS" | "MMS"): boolean => sender.capabilities.includes(capability);
    return {
      ...renderOwned(owned, accountSid),
      phone_number: sender.id,
      capabilities: { voice: false, sms: has("SMS"), mms: has("MMS"), fax: false },
      address_sid: null,
      address_requirements: "none",
      beta: false,
      bundle_sid: null,
      emergency_address_sid: null,
      emergency_address_status: "unregistered",
      emergency_status: "Inactive",
      identity_sid: null,
      origin: "hosted",
      sms_application_sid: null,
      status: "in-use",
      status_callback: null,
      status_callback_method: "POST",
      trunk_sid: null,
      type: sender.type === "toll-free" ? "tollfree" : "local",
      uri: `/2010-04-01/Accounts/${accountSid}/IncomingPhoneNumbers/${sid}.json`,
      voice_application_sid: null,
      voice_caller_id_lookup: false,
      voice_fallback_method: "POST",
      voice_fallback_url: null,
      voice_method: "POST",
      voice_receive_mode: "voice",
      voice_url: null,
    };
  }
}
