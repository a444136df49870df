import {
  type Endpoint,
  type HandleOptions,
  type HttpRequest,
  type HttpResponse,
  type MessagingService,
  type Provider,
  parseAddress,
  toWebhookRequest,
  type WebhookRequest,
} from "@messaging-service/core";
import type { ServiceRegistry } from "./registry-types.ts";

/** What {@link createDispatch} needs. */
export interface DispatchParts {
  readonly registry: Pick<ServiceRegistry, "account" | "at">;
  readonly providers: readonly Provider[];
  readonly publicUrl: string | undefined;
  /** The service that keeps a message. */
  readonly ownerOf: (messageSid: string) => Promise<MessagingService | undefined>;
  /** Our SID of a provider's message. */
  readonly linkOf: (provider: string, providerSid: string) => Promise<string | undefined>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Hands a webhook to the service it is for. Never rejects. */
export type Dispatch = (
  endpoint: Exclude<Endpoint, "rest">,
  request: HttpRequest,
  options?: HandleOptions,
) => Promise<HttpResponse | undefined>;

/**
 * One set of webhooks for all services of an account: an inbound message goes to the service that has the sender it was sent
 * to, a receipt to the service that keeps its message. What is nobody's, the account's own service answers: it refuses a bad
 * signature, and passes on what is not ours.
 */
export function createDispatch(parts: DispatchParts): Dispatch {
  const { registry, providers, publicUrl, ownerOf, linkOf, now } = parts;

  return async function dispatch(endpoint, request, options = {}) {
    let services: readonly MessagingService[] = [];
    if (endpoint !== "media") {
      try {
        services = await find(endpoint, request, options.rest);
      } catch {
        // Malformed, or the store is gone: the account's service says which, in the words every service has for it.
      }
    }
    const [first, ...others] = services;
    if (first === undefined) return registry.account().handle(endpoint, request, options);
    if (others.length === 0) return first.handle(endpoint, request, { ...options, verified: true });
    // One answer cannot carry the replies of several.
    const shared = { ...options, verified: true, answerable: false };
    const answers = await Promise.all(services.map((service) => service.handle(endpoint, request, shared)));
    // The provider comes again where one of them could not take its part; those that could know the message by then.
    return answers.find((answer) => (answer?.status ?? 0) >= 500) ?? answers[0];
  };

  async function find(
    endpoint: "inbound" | "status",
    request: HttpRequest,
    rest: string | undefined,
  ): Promise<readonly MessagingService[]> {
    const provider = rest === undefined ? providers[0] : providers.find(({ name }) => name === rest);
    if (provider === undefined) return [];
    const webhook = toWebhookRequest(request, publicUrl);
    // Once, and before anything is looked up or started for it.
    if (!provider.webhook.verify(webhook, now()).ok) return [];
    const found = new Set<MessagingService>();
    for (const service of await Promise.all(
      endpoint === "inbound" ? addressees(provider, webhook) : keepers(provider, webhook),
    ))
      if (service !== undefined) found.add(service);
    return [...found];
  }

  function addressees(provider: Provider, webhook: WebhookRequest): Promise<MessagingService | undefined>[] {
    const addresses = provider.webhook.parseInbound(webhook).map(({ to }) => parseAddress(to)?.address ?? to);
    return [...new Set(addresses)].map(async (address) => {
      const service = await registry.at(address);
      return service ?? (owns(registry.account(), address) ? registry.account() : undefined);
    });
  }

  function keepers(provider: Provider, webhook: WebhookRequest): Promise<MessagingService | undefined>[] {
    const inUrl = new URL(webhook.absoluteUrl).searchParams.get("sid");
    if (inUrl !== null) return [ownerOf(inUrl)];
    return provider.webhook.parseReceipts(webhook).map(async ({ sid, providerSid }) => {
      const ours = sid ?? (await linkOf(provider.name, providerSid));
      return ours === undefined ? undefined : ownerOf(ours);
    });
  }
}

function owns(service: MessagingService, address: string): boolean {
  return service.senders.list().some(({ id }) => id === address);
}
