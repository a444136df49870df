import { MessagingError } from "../errors.ts";
import { type Endpoint, toErrorResponse, toWebhookRequest } from "../http.ts";
import { show } from "../option-checks.ts";
import type { HttpRequest, HttpResponse, Provider, WebhookRequest } from "../provider.ts";
import { createTally } from "../queue/tally.ts";
import { answersLeft } from "../turn.ts";
import { GUARDED_HEADER } from "../webhook/request.ts";
import type { Route } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Flows that {@link createWebhooks} is handed. */
export interface WebhookFlows {
  readonly inbound: (
    provider: Provider,
    request: WebhookRequest,
    route: Route | undefined,
    options: { readonly answerable?: boolean | undefined },
  ) => Promise<HttpResponse | undefined>;
  readonly receipts: (provider: Provider, request: WebhookRequest) => Promise<HttpResponse>;
  readonly media: (code: string, request: HttpRequest) => Promise<HttpResponse>;
}

/** What goes with a request. */
export interface HandleOptions {
  /** The provider that calls, or the code of a media link: the path's last segment. Default: the first provider. */
  readonly rest?: string | undefined;
  /** Where an inbound message that is no keyword goes on to. Default: it is acknowledged. */
  readonly route?: Route | undefined;
  /** False: other services have a part in the request, so that none can answer in it; replies leave as messages. Default true. */
  readonly answerable?: boolean | undefined;
  /** True: whoever hands it over has asked the provider's `verify` already. Default false. */
  readonly verified?: boolean | undefined;
}

/** Why a webhook is not believed. */
const REASONS: readonly string[] = ["MISSING_SIGNATURE", "INVALID_SIGNATURE", "BODY_CONSUMED"];

/** What {@link createWebhooks} makes. */
export interface Webhooks {
  /** `service.handle`: one HTTP request in, one answer out; `undefined` where the route answered. Never rejects, never says 500. */
  handle(
    endpoint: Endpoint,
    request: HttpRequest,
    options?: HandleOptions,
  ): Promise<HttpResponse | undefined>;
  /** How many are under way. */
  readonly active: number;
  /** Resolves when none is, and what was answered has been written. */
  settled(): Promise<void>;
}

const GUARDED = GUARDED_HEADER.toLowerCase();

/** A URL that leads here made a service call its own webhooks: the signature is ours, and what it says is a stranger's. */
function refuseGuarded({ headers }: HttpRequest): void {
  if (headers[GUARDED] !== undefined)
    throw new MessagingError("INVALID_SIGNATURE", "A guarded webhook URL leads here; no carrier calls.");
}

/** The front door: reads and verifies what providers call us with, and hands it to the flow that takes it. */
export function createWebhooks(ctx: FlowContext, { inbound, receipts, media }: WebhookFlows): Webhooks {
  const tally = createTally();
  return Object.freeze({
    handle: (endpoint: Endpoint, request: HttpRequest, options: HandleOptions = {}) =>
      tally.run(() => answer(endpoint, request, options)),
    settled: () => tally.settled().then(answersLeft),
    get active() {
      return tally.active;
    },
  });

  async function answer(
    endpoint: Endpoint,
    request: HttpRequest,
    options: HandleOptions,
  ): Promise<HttpResponse | undefined> {
    try {
      if (endpoint === "media" && /^(GET|HEAD|POST)$/.test(request.method))
        return await media(options.rest ?? request.url.split(/[?#]/)[0]?.split("/").at(-1) ?? "", request);
      refuseGuarded(request);
      const webhook = toWebhookRequest(request, ctx.options.publicUrl);
      const provider = providerOf(options.rest);
      if (options.verified !== true) verify(provider, webhook);
      return endpoint === "inbound"
        ? await inbound(provider, webhook, options.route, options)
        : await receipts(provider, webhook);
    } catch (error) {
      const response = toErrorResponse(error);
      // By its name on the logger: those of loggers such as pino are methods.
      ctx.logger[response.status === 503 ? "error" : "warn"](`A webhook was answered ${response.status}.`, {
        endpoint,
        error: error instanceof Error ? error.message : String(error),
      });
      return response;
    }
  }

  function providerOf(name: string | undefined): Provider {
    const provider = name === undefined ? ctx.options.providers[0] : ctx.providers.get(name);
    if (provider !== undefined) return provider;
    throw new MessagingError("UNKNOWN_PROVIDER", `No provider is called ${show(name)}.`);
  }

  function verify(provider: Provider, webhook: WebhookRequest): void {
    const verdict = provider.webhook.verify(webhook, ctx.clock.now());
    if (verdict?.ok === true) return;
    // One of the user's own may be plain JavaScript: a promise is no yes, and no reason either.
    if (verdict?.ok !== false || !REASONS.includes(verdict.code))
      throw new TypeError(`verify of "${provider.name}" answers no verdict (nor can it answer a promise).`);
    const hint = verdict.hint === undefined ? "" : ` ${verdict.hint}`;
    throw new MessagingError(verdict.code, `A webhook of "${provider.name}" was refused.${hint}`);
  }
}
