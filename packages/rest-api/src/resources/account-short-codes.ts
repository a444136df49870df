import { fault } from "../errors.ts";
import type { Owned } from "../inventory.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { listOwned, ownedOf, parseNumberChange, renderOwned } from "./owned-numbers.ts";
import type { ResourceParts } from "./services.ts";

const COLLECTION = "/2010-04-01/Accounts/{AccountSid}/SMS/ShortCodes";

/** `…/SMS/ShortCodes`: the short codes the account owns. @see https://www.twilio.com/docs/messaging/api/short-code-resource */
export function accountShortCodeRows(parts: ResourceParts): readonly Row[] {
  const { registry, accountSid } = parts;
  return [
    ["GET", COLLECTION, list],
    [
      "GET",
      `${COLLECTION}/{Sid}`,
      async (call) => ({ status: 200, json: render(await ownedOf(parts, call, "short-code")) }),
    ],
    ["POST", `${COLLECTION}/{Sid}`, update],
  ];

  function list(call: Call): Promise<Answer> {
    return listOwned(parts, call, { kind: "short-code", key: "short_codes", filter: "ShortCode", render });
  }

  async function update(call: Call): Promise<Answer> {
    const { sid } = await ownedOf(parts, call, "short-code");
    const owned = await registry.changeNumber(sid, parseNumberChange(call.form));
    if (owned === undefined) throw fault(20404);
    return { status: 200, json: render(owned) };
  }

  function render(owned: Owned): unknown {
    return {
      ...renderOwned(owned, accountSid),
      short_code: owned.sender.id,
      uri: `/2010-04-01/Accounts/${accountSid}/SMS/ShortCodes/${owned.sid}.json`,
    };
  }
}
