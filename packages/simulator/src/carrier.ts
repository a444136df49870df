import type { Provider } from "@messaging-service/core";
import { check, checkFields, type Rule, rules } from "./checks.ts";
import { connect, createExchange } from "./exchange.ts";
import type { CarrierPeer, ConnectOptions } from "./http/peer.ts";
import { type RestServer, startServer } from "./http/server.ts";
import { createHandset, type Handset, type HandsetOptions } from "./inbound/handset.ts";
import type { InboundWebhook, InboundWebhookOptions } from "./inbound/inbound.ts";
import type { CarrierMessage } from "./message/message.ts";
import { type CarrierOptions, resolveOptions } from "./options.ts";
import type { OutcomeRule } from "./outcomes.ts";
import { createProvider } from "./provider.ts";

/** A carrier in memory. */
export interface Carrier {
  readonly accountSid: string;
  readonly authToken: string;
  /** A provider named "simulator" whose sends go straight into the carrier; `simulated: true`, so the service needs no store. */
  readonly provider: Provider;
  /** Serves Twilio's REST API for messages on 127.0.0.1; default a free port. Rejects when the port is taken, or with SERVICE_CLOSED. */
  listen(options?: {
    readonly port?: number | undefined;
  }): Promise<{ readonly url: string; readonly port: number }>;
  /** The phone at a number: the same one every time; options given later are added. */
  handset(number: string, options?: HandsetOptions): Handset;
  /** Where texts to senders without a webhook of their own are posted. */
  readonly inboundUrl: string | undefined;
  /** Sets the webhook for texts to all senders, or to one. Signed and retried as Twilio does. Throws UNKNOWN_OPTION or INVALID_OPTION. */
  setInboundWebhook(url: string, options?: InboundWebhookOptions): void;
  /**
   * Hands webhooks to a service in this process: texts where no webhook is set, receipts of the provider's messages and of replies. Of
   * several each names its `senders`; a later one takes the place of an earlier one at the same senders. The function returned disconnects it. Throws
   * UNKNOWN_OPTION or INVALID_OPTION.
   */
  connect(peer: CarrierPeer, options?: ConnectOptions): () => void;
  /** Steers what becomes of submissions; of several rules that match, the one added last. The function returned takes the rule back. */
  outcome(rule: OutcomeRule): () => void;
  /** Every outbound message it accepted, replies included, in order. Live. */
  readonly messages: readonly CarrierMessage[];
  /** The network of a handset, as its `carrier` option names it; fits the service's `lookupCarrier`. */
  lookupCarrier(number: string): Promise<string | undefined>;
  /** Resolves when every message under way is at its last status, and every webhook answered. On a virtual clock somebody has to turn it meanwhile. */
  settled(): Promise<void>;
  /** Ends sockets, timers and waits at once. Nothing is taken afterwards: the provider answers "not-sent". */
  close(): Promise<void>;
}

const WEBHOOK_FIELDS: Readonly<Record<keyof InboundWebhookOptions, Rule>> = {
  method: rules.method,
  sender: rules.text,
  fallbackUrl: rules.url,
  fallbackMethod: rules.method,
};

/** A whole carrier in memory, with handsets: for tests and for trying the service without an account. */
export function createCarrier(options: CarrierOptions = {}): Carrier {
  const settings = resolveOptions(options);
  const exchange = createExchange(settings);
  const { life, phones, messages } = exchange;
  const provider = createProvider(exchange);
  const webhooks = new Map<string, InboundWebhook>();
  const servers: RestServer[] = [];
  const setInboundWebhook = (url: string, given: InboundWebhookOptions = {}): void => {
    check(rules.url[0](url), "url of a webhook", url, rules.url[1]);
    checkFields("a webhook", given, WEBHOOK_FIELDS);
    webhooks.set(given.sender ?? "", { ...given, url });
  };
  if (settings.webhookUrl !== undefined)
    setInboundWebhook(settings.webhookUrl, { method: settings.webhookMethod });

  return Object.freeze({
    accountSid: settings.accountSid,
    authToken: settings.authToken,
    provider,
    async listen({ port = 0 }: { readonly port?: number | undefined } = {}) {
      life.assertOpen();
      const server = await startServer(exchange, port);
      servers.push(server);
      if (life.closed) {
        await server.close();
        life.assertOpen();
      }
      return { url: server.url, port: server.port };
    },
    handset: (number: string, traits: HandsetOptions = {}) =>
      createHandset(exchange, webhooks, number, traits),
    get inboundUrl() {
      return webhooks.get("")?.url;
    },
    setInboundWebhook,
    connect: (peer: CarrierPeer, where: ConnectOptions = {}) => connect(exchange, peer, where),
    outcome: (rule: OutcomeRule) => exchange.rules.add(rule),
    messages,
    lookupCarrier: async (number: string) => phones.find(number)?.traits.carrier,
    settled: () => life.settled(),
    async close(): Promise<void> {
      life.close();
      await Promise.all(servers.splice(0).map((server) => server.close()));
    },
  });
}
