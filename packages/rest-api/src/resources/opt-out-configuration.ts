import {
  type FormParameters,
  isMessagingError,
  type OptOutOptions,
  type OptOutType,
  type ResolvedSet,
  resolveOptOut,
} from "@messaging-service/core";
import { iso8601 } from "../dates.ts";
import { fault } from "../errors.ts";
import { addKeywords, type KeywordPlace, removeKeyword, setReply } from "../opt-out-edit.ts";
import { languageCode, languageName } from "../opt-out-languages.ts";
import { flagOf, listOf, oneOf, textOf } from "../params.ts";
import type { Answer, Call, Row } from "../ports.ts";
import type { ServiceView } from "../registry-types.ts";
import { resourceSid } from "../sids.ts";
import type { ResourceParts } from "./services.ts";

const RESOURCE = "/v1/Services/{ServiceSid}/OptOutConfiguration";
const TYPES: readonly OptOutType[] = ["STOP", "START", "HELP"];

/**
 * `…/OptOutConfiguration`: keywords and messages by type, language and country, in the shapes of Twilio's messaging v3 OptOuts, which it
 * describes and does not serve. `keyword_type` is `STOP.SPANISH`, `message_type` a country or `ALL`.
 */
export function optOutConfigurationRows({ registry, accountSid }: ResourceParts): readonly Row[] {
  const keywords = `${RESOURCE}/Keywords`;
  return [
    ["GET", RESOURCE, async (call) => answer(200, await viewOf(call), call)],
    ["POST", RESOURCE, (call) => edit(call, (options) => parsePolicy(options, call.form))],
    ["DELETE", RESOURCE, reset],
    ["POST", keywords, (call) => edit(call, (options) => add(options, call.form), 201)],
    [
      "DELETE",
      `${keywords}/{KeywordType}/{MessageType}/{Keyword}`,
      (call) =>
        edit(call, (options) => removeKeyword(options, placeOf(call.params), call.params.Keyword ?? ""), 204),
    ],
    ["POST", `${RESOURCE}/Messages`, (call) => edit(call, (options) => say(options, call.form), 201)],
  ];

  async function viewOf({ params: { ServiceSid = "" } }: Call): Promise<ServiceView> {
    const view = await registry.read(ServiceSid);
    if (view === undefined) throw fault(21701);
    return view;
  }

  async function edit(
    call: Call,
    change: (options: OptOutOptions) => OptOutOptions,
    status = 200,
  ): Promise<Answer> {
    const { sid } = await viewOf(call);
    const after = await registry.configure(sid, (optOut = {}) => checked(change(optOut)));
    if (after === undefined) throw fault(21701);
    return status === 204 ? { status } : answer(status, after, call);
  }

  async function reset(call: Call): Promise<Answer> {
    const { sid } = await viewOf(call);
    if ((await registry.configure(sid, () => null)) === undefined) throw fault(21701);
    return { status: 204 };
  }

  function answer(status: number, view: ServiceView, { baseUrl }: Call): Answer {
    const policy = resolveOptOut(view.inCode === true ? view.optOut : (view.optOut ?? registry.optOut));
    const url = `${baseUrl}/v1/Services/${view.sid}/OptOutConfiguration`;
    return {
      status,
      json: {
        opt_out_sid: resourceSid("OO", accountSid, view.sid),
        account_sid: accountSid,
        service_sid: view.sid,
        friendly_name: view.properties.friendlyName,
        date_created: iso8601(new Date(view.createdAt)),
        date_updated: iso8601(new Date(view.updatedAt)),
        enabled: policy.enabled,
        brand: policy.brand ?? null,
        support_contact: policy.supportContact ?? null,
        scope: policy.scope,
        country_fallback: policy.countryFallback,
        help_when_opted_out: policy.helpWhenOptedOut,
        start_when_not_opted_out: policy.startWhenNotOptedOut,
        on_repeated_stop: policy.onRepeatedStop,
        config: [policy.standard, ...policy.languages, ...policy.countries].flatMap(renderSet),
        url,
        links: { keywords: `${url}/Keywords`, messages: `${url}/Messages` },
      },
    };
  }
}

/** @throws Fault 20422 in core's words, which name the keyword, the language and the country of the request. */
function checked(options: OptOutOptions): OptOutOptions {
  try {
    resolveOptOut(options);
    return options;
  } catch (error) {
    if (isMessagingError(error)) throw fault(20422, error.message);
    throw error;
  }
}

/** A set's keywords, an entry per type and answer. */
function renderSet(set: ResolvedSet): readonly unknown[] {
  return TYPES.flatMap((type) => {
    const words = set.words.filter(({ optOutType }) => optOutType === type);
    const messages = [...new Set(words.map(({ reply }) => reply))];
    return messages.map((message) => ({
      keyword_type: `${type}.${languageName(set.language)}`,
      message_type: set.country ?? "ALL",
      keywords: words.filter(({ reply }) => reply === message).map(({ word }) => word),
      message,
    }));
  });
}

function parsePolicy(options: OptOutOptions, form: FormParameters): OptOutOptions {
  const languages = listOf(form, "Languages").map((name) => [codeOf(name), true] as const);
  const change = {
    enabled: flagOf(form, "Enabled"),
    brand: textOf(form, "Brand"),
    supportContact: textOf(form, "SupportContact"),
    scope: oneOf(form, "Scope", ["service", "sender", "account"] as const),
    countryFallback: flagOf(form, "CountryFallback"),
    helpWhenOptedOut: flagOf(form, "HelpWhenOptedOut"),
    startWhenNotOptedOut: oneOf(form, "StartWhenNotOptedOut", ["confirm", "silent", "pass"] as const),
    onRepeatedStop: oneOf(form, "OnRepeatedStop", ["silent", "confirm"] as const),
    // The built-in words of these languages; those that have words of their own keep them.
    languages:
      languages.length === 0 ? undefined : { ...Object.fromEntries(languages), ...options.languages },
  };
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const merged = { ...options, ...Object.fromEntries(given) };
  // An empty text takes it away.
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
}

function add(options: OptOutOptions, form: FormParameters): OptOutOptions {
  const words = listOf(form, "Keyword").filter((word) => word !== "");
  if (words.length === 0) throw fault(20422, "Give the words in Keyword.");
  return addKeywords(options, placeOf(fieldsOf(form)), words);
}

function say(options: OptOutOptions, form: FormParameters): OptOutOptions {
  const message = textOf(form, "Message") ?? "";
  if (message === "") throw fault(20422, "Give the text in Message.");
  return setReply(options, placeOf(fieldsOf(form)), message);
}

function fieldsOf(form: FormParameters): Readonly<Record<string, string>> {
  return { KeywordType: textOf(form, "KeywordType") ?? "", MessageType: textOf(form, "MessageType") ?? "" };
}

/** `STOP.SPANISH` and a country or `ALL`, understood. @throws Fault 20422. */
function placeOf({ KeywordType = "", MessageType = "" }: Readonly<Record<string, string>>): KeywordPlace {
  const [typeName = "", languageText = "ENGLISH"] = KeywordType.toUpperCase().split(".", 2);
  const type = TYPES.find((each) => each === typeName);
  if (type === undefined)
    throw fault(20422, "KeywordType is STOP, START or HELP, a dot and a language: STOP.SPANISH.");
  const country =
    MessageType === "" || MessageType.toUpperCase() === "ALL" ? undefined : MessageType.toUpperCase();
  if (country !== undefined && !/^[A-Z]{2}$/.test(country))
    throw fault(20422, "MessageType is a country's two letters, or ALL.");
  return { type, language: codeOf(languageText), country };
}

function codeOf(name: string): string {
  const code = languageCode(name);
  if (code === undefined) throw fault(20422, `There is no language ${name.slice(0, 40)}.`);
  return code;
}
