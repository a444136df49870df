import type { MessageKind } from "../types.ts";
import { acceptsSenderId } from "./countries.ts";
import { serves } from "./lineup.ts";
import { type Places, placesFor, type TextPlaces, type Tier } from "./places.ts";
import type { PlanDecision } from "./plan-types.ts";
import type { PlanReason } from "./reasons.ts";
import { chooseIn, countIn, type Run, record, sampleOf } from "./run.ts";

const NOWHERE: Places = [];

/** Whether any sender of the pool could take this kind of message to a plain number. Records nothing. */
export function canServe(run: Run, kind: MessageKind): boolean {
  const places = placesFor(run.pool, run.request.to);
  return countIn(run, places.open, kind, run.facts.carrier) > 0;
}

/**
 * Chooses a sender for a plain number: by type, then for numbers by country and area code, then by the scaler. Records
 * a step for everything set aside. `undefined` when nobody is left.
 *
 * @param before how many senders can carry the kind.
 */
export function selectText(run: Run, kind: MessageKind, before: number): PlanDecision | undefined {
  const places = placesFor(run.pool, run.request.to);
  const left = setAside(run, kind, before, places);
  const { carrier } = run.facts;
  for (const tier of places.types) {
    const count = countIn(run, tier.places, kind, carrier);
    if (count === 0) continue;
    narrow(run, "type", tier, kind, left, count, places.open);
    if (tier.reason !== "TYPE_NUMBER") return scaled(run, tier.places, kind, "type");
    return selectNumber(run, kind, count, places);
  }
  return undefined;
}

/** Country geomatch for WhatsApp: a sender of the recipient's country, else any. `undefined` when nobody is left. */
export function selectWhatsapp(run: Run, before: number): PlanDecision | undefined {
  const all: Places = [run.pool.place("whatsapp")];
  const here: Places = [run.pool.place("whatsapp", run.request.to.country ?? "")];
  const local = countIn(run, here, "WHATSAPP");
  const tier: Tier =
    local > 0 ? { reason: "COUNTRY_SAME", places: here } : { reason: "COUNTRY_ELSEWHERE", places: all };
  narrow(run, "country-geomatch", tier, "WHATSAPP", before, local > 0 ? local : before, all);
  return scaled(run, tier.places, "WHATSAPP", "country-geomatch");
}

/** The scaler, in the order that suits a channel with sticky mappings. */
function scaled(
  run: Run,
  places: Places,
  kind: MessageKind,
  rule: "type" | "country-geomatch" | "area-code-geomatch",
): PlanDecision | undefined {
  return chooseIn(run, places, kind, rule, run.settings.stickySender ? "mappings" : "lastUsed");
}

function selectNumber(
  run: Run,
  kind: MessageKind,
  before: number,
  places: TextPlaces,
): PlanDecision | undefined {
  const tier = places.countries.find(({ places: here }) => countIn(run, here, kind) > 0);
  if (tier === undefined) return undefined;
  const local = countIn(run, tier.places, kind);
  narrow(run, "country-geomatch", tier, kind, before, local, places.numbers);
  if (!run.settings.areaCodeGeomatch || tier.reason !== "COUNTRY_SAME") {
    return scaled(run, tier.places, kind, "country-geomatch");
  }
  const area = places.areaCodes.find(({ places: here }) => countIn(run, here, kind) > 0);
  if (area === undefined) {
    if (places.areaCodes.length > 0) record(run, "area-code-geomatch", "AREA_CODE_NONE", local, local);
    return scaled(run, tier.places, kind, "country-geomatch");
  }
  narrow(run, "area-code-geomatch", area, kind, local, countIn(run, area.places, kind), tier.places);
  return scaled(run, area.places, kind, "area-code-geomatch");
}

/** Sets aside the senders that cannot reach the recipient, a step for each reason. Returns how many are left. */
function setAside(run: Run, kind: MessageKind, before: number, places: TextPlaces): number {
  const { shortCodes, shortCodesHere, senderIds, senderIdsHere, tollFree } = places;
  const { carrier } = run.facts;
  let left = before;
  const drop = (reason: PlanReason, from: Places, kept: Places, count: number, onlyCarrier = false): void => {
    if (count === 0) return;
    record(run, "type", reason, left, left - count, (limit) =>
      sampleOf(
        run,
        from,
        kept,
        limit,
        (lineup) => serves(lineup, kind, undefined) && !(onlyCarrier && serves(lineup, kind, carrier)),
      ),
    );
    left -= count;
  };

  const here = countIn(run, shortCodesHere, kind);
  drop("SHORT_CODE_OTHER_COUNTRY", shortCodes, shortCodesHere, countIn(run, shortCodes, kind) - here);
  const unreached = here - countIn(run, shortCodesHere, kind, carrier);
  drop("SHORT_CODE_CARRIER", shortCodesHere, NOWHERE, unreached, true);
  const ids = countIn(run, senderIdsHere, kind);
  drop("SENDER_ID_OTHER_COUNTRY", senderIds, senderIdsHere, countIn(run, senderIds, kind) - ids);
  if (!acceptsSenderId(run.request.to.country)) drop("SENDER_ID_NOT_ACCEPTED", senderIdsHere, NOWHERE, ids);
  else if (shortCodesHere[0] !== undefined) drop("SENDER_ID_BEHIND_SHORT_CODE", senderIdsHere, NOWHERE, ids);
  if (!places.numbers.includes(tollFree[0]))
    drop("TOLL_FREE_ABROAD", tollFree, NOWHERE, countIn(run, tollFree, kind));
  return left;
}

function narrow(
  run: Run,
  rule: "type" | "country-geomatch" | "area-code-geomatch",
  tier: Tier,
  kind: MessageKind,
  before: number,
  after: number,
  from: Places,
): void {
  const { carrier } = run.facts;
  record(run, rule, tier.reason, before, after, (limit) =>
    sampleOf(run, from, tier.places, limit, (lineup) => serves(lineup, kind, carrier)),
  );
}
