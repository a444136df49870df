import { randomBytes } from "node:crypto";
import {
  calledUrl,
  createAccountMessages,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  type MessagingService,
  type Place,
  parseQuery,
  providerLinkKey,
} from "@messaging-service/core";
import { createAuthenticate } from "./auth.ts";
import { createDispatch } from "./dispatch.ts";
import { fault, renderFault, toFault } from "./errors.ts";
import { type RestApiOptions, resolveOptions } from "./options.ts";
import type { Answer } from "./ports.ts";
import { createRegistry } from "./registry.ts";
import { readForm, refuseMethod, refuseXml, wantsXml } from "./request.ts";
import { feedbackRows } from "./resources/feedback.ts";
import { mediaRows } from "./resources/media.ts";
import { createMessageFinder, messageRows } from "./resources/messages.ts";
import { registryRows } from "./resources/rows.ts";
import { createRouter } from "./router.ts";
import { createThrottle } from "./throttle.ts";

/** Twilio's REST API over services: one handler, which the adapters mount. */
export interface RestApi extends HttpHandler {
  /** One HTTP request in, one answer out. Never rejects, and says 5xx for nothing that a request can cause. */
  (request: HttpRequest): Promise<HttpResponse>;
  /** Takes in a service made in code, on the same account and store. */
  register(service: MessagingService): void;
  /** The account's own: it sends with `From` alone, from what the account owns. */
  readonly accountService: MessagingService;
  /** The service of a SID, running in this process until `close`; `undefined` where there is none. */
  service(sid: string): Promise<MessagingService | undefined>;
  /** Resolves when the store was reached and what an earlier process left was taken up. */
  ready(): Promise<void>;
  /** Lets what is under way finish for up to `timeoutMs` (default 10,000). Registered services stay open. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/**
 * Makes the API from its options. The composition root of this package: it builds the parts and hands them to each other.
 *
 * @throws MessagingError INVALID_OPTION, UNKNOWN_OPTION, naming what to change.
 */
export function restApi(input: RestApiOptions): RestApi {
  const options = resolveOptions(input);
  const registry = createRegistry(options);
  const now = (): number => options.clock.now();
  const dispatch = createDispatch({
    registry,
    providers: [options.provider].flat(),
    publicUrl: options.publicUrl,
    ownerOf: registry.ownerOf,
    linkOf: (provider, sid) => options.store.get(providerLinkKey(options.accountSid, provider, sid)),
    now,
  });
  const messages = createAccountMessages(options.accountSid, options.store);
  const find = createMessageFinder({ registry, messages });
  const router = createRouter([
    ...messageRows({ options, registry, messages, find }),
    ...mediaRows({ options, registry, find }),
    ...feedbackRows({ options, find }),
    ...registryRows({ registry, accountSid: options.accountSid, now }),
  ]);
  const authenticate = createAuthenticate(options.accountSid, options.authToken, options.apiKeys);
  const throttle = createThrottle(options.rateLimit, options.clock);

  async function answer(request: HttpRequest, target: string): Promise<Answer> {
    const key = authenticate(request.headers.authorization);
    throttle(key);
    const path = pathOf(target);
    const found = router.find(path);
    if (found === undefined) throw fault(20404);
    const { params, handlers } = found;
    if (params.AccountSid !== undefined && params.AccountSid !== options.accountSid) throw fault(20404);
    if (found.xml || wantsXml(request.headers.accept)) refuseXml();
    const handler = handlers.get(request.method) ?? refuseMethod(handlers.keys());
    const suffixed = path.endsWith(".json");
    const mount = request.url.endsWith(target) ? request.url.slice(0, -target.length) : options.path;
    return handler({
      params,
      query: parseQuery(target),
      form: request.method === "POST" ? readForm(request) : {},
      key,
      baseUrl: calledUrl(options.publicUrl ?? request.origin ?? "http://localhost", mount),
      path: suffixed ? path.slice(0, -5) : path,
      suffixed,
      wantsJson: request.headers.accept?.includes("json") === true,
    });
  }

  async function serve(request: HttpRequest, target: string): Promise<HttpResponse> {
    const id = requestId();
    try {
      return render(await answer(request, target), id);
    } catch (error) {
      return refused(error, id, { method: request.method, path: pathOf(target) });
    }
  }

  function refused(error: unknown, id: string, about: Readonly<Record<string, unknown>>): HttpResponse {
    const said = toFault(error);
    if (said.status >= 500)
      options.logger.error(`A request was answered ${said.status}.`, {
        ...about,
        requestId: id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    return withId(renderFault(said), id);
  }

  function locate(url: string, host?: string): Place | undefined {
    // The path's own slash follows it, or it is another path that begins alike.
    if (url.startsWith(`${options.path}/`)) {
      const target = url.slice(options.path.length);
      if (router.owns(pathOf(target))) return { endpoint: "rest", rest: target };
    }
    return registry.account().locate(url, host);
  }

  const handle: HttpHandler["handle"] = (endpoint, request, about) =>
    endpoint === "rest" ? serve(request, about?.rest ?? request.url) : dispatch(endpoint, request, about);

  const api = async (request: HttpRequest): Promise<HttpResponse> => {
    const place = locate(request.url);
    if (place === undefined) return refused(fault(20404), requestId(), {});
    return (
      (await handle(place.endpoint, request, { rest: place.rest })) ?? { status: 200, headers: {}, body: "" }
    );
  };

  return Object.freeze(
    Object.assign(api, {
      locate,
      handle,
      limits: Object.freeze({ maxBodyBytes: options.maxBodyBytes, bodyTimeoutMs: options.bodyTimeoutMs }),
      refuse: (error: unknown) => refused(error, requestId(), {}),
      register: registry.register,
      accountService: registry.account(),
      service: registry.hold,
      ready: registry.ready,
      async close(closing?: { readonly timeoutMs?: number }): Promise<void> {
        await registry.close(closing);
        await options.store.release();
      },
    }),
  );
}

/** A URL's path, without query. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

/** This process's part of its request IDs; the rest counts. */
const PROCESS = randomBytes(12).toString("hex");
let requests = 0;

function requestId(): string {
  requests = (requests + 1) % 2 ** 32;
  return `RQ${PROCESS}${requests.toString(16).padStart(8, "0")}`;
}

function render({ status, json, headers }: Answer, id: string): HttpResponse {
  if (json === undefined) return { status, headers: { ...headers, "twilio-request-id": id }, body: "" };
  const own = { "content-type": "application/json; charset=utf-8", "twilio-request-id": id };
  return {
    status,
    headers: headers === undefined ? own : { ...own, ...headers },
    body: JSON.stringify(json),
  };
}

function withId(response: HttpResponse, id: string): HttpResponse {
  return { ...response, headers: { ...response.headers, "twilio-request-id": id } };
}
