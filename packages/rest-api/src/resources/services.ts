import { iso8601 } from "../dates.ts";
import { fault } from "../errors.ts";
import { metaList, parsePage } from "../paging.ts";
import type { Answer, Call, Row } from "../ports.ts";
import type { ServiceRegistry, ServiceView } from "../registry-types.ts";
import { refusal } from "../service-errors.ts";
import { parseServiceParameters, USECASES } from "../service-parameters.ts";
import { DEFAULT_PROPERTIES } from "../service-properties.ts";

/** What resources of the registry are made of. */
export interface ResourceParts {
  readonly registry: ServiceRegistry;
  readonly accountSid: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a use case is for, in our words. */
const PURPOSES: Readonly<Record<(typeof USECASES)[number], readonly [description: string, purpose: string]>> =
  {
    notifications: [
      "Messages about something the recipient has with you: orders, deliveries, accounts.",
      "Notify my users",
    ],
    marketing: ["Offers and news that invite the recipient to buy or take part.", "Market my services"],
    verification: ["One-time passcodes and confirmations of identity.", "Verify users"],
    discussion: ["Conversations between people.", "Let people talk to each other"],
    poll: ["Questions to many recipients, and their votes.", "Ask my users"],
    undeclared: ["Not said.", "Other"],
  };

/** `/v1/Services`. @see https://www.twilio.com/docs/messaging/api/service-resource */
export function serviceRows({ registry, accountSid }: ResourceParts): readonly Row[] {
  const render = (view: ServiceView, call: Call): unknown => renderService(view, call, accountSid);

  return [
    ["POST", "/v1/Services", create],
    ["GET", "/v1/Services", list],
    ["GET", "/v1/Services/Usecases", usecases],
    ["GET", "/v1/Services/{Sid}", fetch],
    ["POST", "/v1/Services/{Sid}", update],
    ["DELETE", "/v1/Services/{Sid}", remove],
  ];

  async function create(call: Call): Promise<Answer> {
    const given = parseServiceParameters(call.form);
    if (given.friendlyName === undefined) throw refusal(20002);
    return { status: 201, json: render(await registry.create({ ...DEFAULT_PROPERTIES, ...given }), call) };
  }

  async function list(call: Call): Promise<Answer> {
    const request = parsePage(call);
    const { services, ends } = await registry.page(request);
    const items = services.map((view) => render(view, call));
    return { status: 200, json: metaList(call, "services", items, request, ends) };
  }

  async function usecases(): Promise<Answer> {
    const all = USECASES.map((usecase) => {
      const [description, purpose] = PURPOSES[usecase];
      return { usecase, description, purpose };
    });
    return { status: 200, json: { usecases: all } };
  }

  async function fetch(call: Call): Promise<Answer> {
    const view = await registry.read(call.params.Sid ?? "");
    if (view === undefined) throw fault(20404);
    return { status: 200, json: render(view, call) };
  }

  async function update(call: Call): Promise<Answer> {
    const sid = call.params.Sid ?? "";
    const change = parseServiceParameters(call.form);
    const view =
      Object.keys(change).length === 0 ? await registry.read(sid) : await registry.update(sid, change);
    if (view === undefined) throw fault(20404);
    return { status: 200, json: render(view, call) };
  }

  async function remove(call: Call): Promise<Answer> {
    const sid = call.params.Sid ?? "";
    const view = await registry.read(sid);
    if (view === undefined) throw fault(20404);
    if (view.inCode === true) throw refusal(20409, "The service is made in code: it ends where it was made.");
    if (!(await registry.remove(sid))) throw fault(20404);
    return { status: 204 };
  }
}

function renderService(view: ServiceView, call: Call, accountSid: string): unknown {
  const { sid, properties, createdAt, updatedAt } = view;
  const url = `${call.baseUrl}/v1/Services/${sid}`;
  return {
    sid,
    account_sid: accountSid,
    friendly_name: properties.friendlyName,
    date_created: iso8601(new Date(createdAt)),
    date_updated: iso8601(new Date(updatedAt)),
    inbound_request_url: properties.inboundRequestUrl,
    inbound_method: properties.inboundMethod,
    fallback_url: properties.fallbackUrl,
    fallback_method: properties.fallbackMethod,
    status_callback: properties.statusCallback,
    sticky_sender: properties.stickySender,
    mms_converter: properties.mmsConverter,
    smart_encoding: properties.smartEncoding,
    scan_message_content: properties.scanMessageContent,
    fallback_to_long_code: properties.fallbackToLongCode,
    area_code_geomatch: properties.areaCodeGeomatch,
    synchronous_validation: properties.synchronousValidation,
    validity_period: properties.validityPeriod,
    url,
    links: {
      phone_numbers: `${url}/PhoneNumbers`,
      short_codes: `${url}/ShortCodes`,
      alpha_senders: `${url}/AlphaSenders`,
      messages: `${url}/Messages`,
      us_app_to_person: `${url}/Compliance/Usa2p`,
      us_app_to_person_usecases: `${url}/Compliance/Usa2p/Usecases`,
      channel_senders: `${url}/ChannelSenders`,
      destination_alpha_senders: `${url}/DestinationAlphaSenders`,
      // What Twilio has no links for.
      opt_outs: `${url}/OptOuts`,
      opt_out_configuration: `${url}/OptOutConfiguration`,
      sticky_mappings: `${url}/StickyMappings`,
      explanations: `${url}/Explanations`,
      alerts: `${url}/Alerts`,
    },
    usecase: properties.usecase,
    us_app_to_person_registered: false,
    use_inbound_webhook_on_number: properties.useInboundWebhookOnNumber,
  };
}
