import { sleep } from "./clock.ts";
import { createContext } from "./create-context.ts";
import { MessagingError } from "./errors.ts";
import { createAdvance } from "./flows/advance.ts";
import { createCallWebhook } from "./flows/call-webhook.ts";
import { createCallbacks } from "./flows/callbacks.ts";
import { createClaim } from "./flows/claim.ts";
import { createConsentLedger } from "./flows/consent-ledger.ts";
import { createConsentStats, createOptOutRate } from "./flows/consent-stats.ts";
import { createDecide } from "./flows/decide.ts";
import { createDeliver } from "./flows/deliver.ts";
import { createDoctor } from "./flows/doctor.ts";
import { createExplain } from "./flows/explain.ts";
import { createFeed } from "./flows/feed.ts";
import { createHandling } from "./flows/handling.ts";
import { createInbound } from "./flows/inbound.ts";
import { createKeyword } from "./flows/keyword.ts";
import { createManage } from "./flows/manage.ts";
import { createMediaLink } from "./flows/media-link.ts";
import { createPlanAlerts } from "./flows/plan-alerts.ts";
import { createProcess } from "./flows/process.ts";
import { createProviderOptOut } from "./flows/provider-opt-out.ts";
import { createReceipts } from "./flows/receipts.ts";
import { createRecover } from "./flows/recover.ts";
import { createReplan } from "./flows/replan.ts";
import { createReplies } from "./flows/replies.ts";
import { createSend } from "./flows/send.ts";
import { createSettle } from "./flows/settle.ts";
import { createStickyMap } from "./flows/sticky-map.ts";
import { createUpkeep } from "./flows/upkeep.ts";
import { createWebhooks } from "./flows/webhooks.ts";
import { placeOf, toErrorResponse } from "./http.ts";
import type { HttpHandler, MessagingService, ServiceEvents, ServiceHandles } from "./messaging-service.ts";
import { type MessagingServiceOptions, resolveOptions } from "./options.ts";
import { createJournal } from "./records/journal.ts";
import { checkSettingNames, type SettingsInput } from "./settings.ts";
import type { Address } from "./types.ts";
import { createWebhookCaller } from "./webhook/call.ts";
import { createGuard } from "./webhook/guard.ts";
import { createSequencer } from "./webhook/retry.ts";

/**
 * Makes a messaging service from its options and starts delivering. The composition root: it builds the parts, hands the
 * flows to each other, and holds no rule of its own.
 *
 * @throws MessagingError INVALID_OPTION, UNKNOWN_OPTION, INVALID_SENDER, INVALID_KEYWORD, … naming what to change.
 */
export function createMessagingService(input: MessagingServiceOptions): MessagingService {
  const options = resolveOptions(input);
  const { ctx, live, alerts, denyList, emitter, listInAccount } = createContext(options);
  const { clock, logger } = options;
  let closed: Promise<void> | undefined;
  /** Webhooks under way: closing waits for them. */
  const answering = new Set<Promise<unknown>>();

  const caller = createWebhookCaller({
    authToken: options.authToken,
    clock,
    logger,
    guard: createGuard({ allow: options.allowPrivateHosts }),
  });
  const callbacks = createCallbacks(ctx, { caller, sequencer: createSequencer() });
  const advance = createAdvance(ctx, { callbacks });
  const decide = createDecide(ctx);
  const claim = createClaim(ctx, { decide, raise: createPlanAlerts(ctx) });
  const replan = createReplan(ctx, { decide, claim });
  const send = createSend(ctx, { decide, claim, advance });
  const providerOptOut = createProviderOptOut(ctx);
  const settle = createSettle(ctx, { advance, replan, providerOptOut });
  const replies = createReplies(ctx, { send });
  const handling = createHandling(ctx, { replies, callUrl: createCallWebhook(ctx, { caller }) });
  const keyword = createKeyword(ctx, { ...handling, replies, settle: denyList.settle });
  const process = createProcess(ctx, { keyword, handling: handling.handle });
  const journal = createJournal(options.journal);
  const { inbound, resume, replay } = createInbound(ctx, { process, journal, deny: denyList.add });
  const handle = createWebhooks(ctx, {
    inbound,
    receipts: createReceipts(ctx, { ...settle, advance, replan, providerOptOut }),
    media: createMediaLink(ctx),
  });
  const { explainChange, ...sticky } = createStickyMap(ctx);
  const stats = createConsentStats(ctx);
  const upkeep = createUpkeep(ctx, {
    checkOptOutRate: createOptOutRate(ctx, stats),
    replay,
    flush: denyList.flush,
    recover: createRecover(ctx, { ...settle, replan, resume, callbacks }),
  });
  ctx.queue.start(createDeliver(ctx, { ...settle, replan, resume }));
  upkeep.start();

  const open = (): void => {
    if (closed !== undefined)
      throw new MessagingError("SERVICE_CLOSED", `The service "${options.name}" is closed.`);
  };
  const ready = Promise.resolve().then(upkeep.ready);
  // Whoever does not ask hears of it in the log, not as an unhandled rejection.
  ready.catch((error: unknown) =>
    logger.error("The service could not be made ready.", { error: String(error) }),
  );

  return Object.freeze({
    name: options.name,
    friendlyName: options.friendlyName,
    sid: options.sid,
    accountSid: options.accountSid,
    path: options.path,
    get settings() {
      return live.settings();
    },
    clock,
    limits: Object.freeze({ maxBodyBytes: options.maxBodyBytes, bodyTimeoutMs: options.bodyTimeoutMs }),
    async send(request) {
      open();
      return send(request);
    },
    explain: createExplain(ctx, { decide }),
    async update(change: SettingsInput) {
      open();
      checkSettingNames(change);
      return live.update(change);
    },
    senders: Object.freeze({
      list: () => live.pool.list(),
      add: live.addSender,
      remove: (id: Address) => live.removeSender(id),
    }),
    sticky: Object.freeze(sticky),
    explainChange,
    consent: createConsentLedger(ctx, { stats }),
    alerts: Object.freeze({ list: alerts.list }),
    ...createManage(ctx, { advance }),
    changes: createFeed(ctx, () => closed !== undefined),
    on<Name extends keyof ServiceEvents>(name: Name, listener: (payload: ServiceEvents[Name]) => void) {
      return emitter.on(name, listener);
    },
    locate: (url) => placeOf(url, options.path),
    async handle(endpoint, request, about) {
      if (closed !== undefined)
        return toErrorResponse(new MessagingError("SERVICE_CLOSED", "The service is closed."));
      const answer = handle(endpoint, request, about);
      answering.add(answer);
      try {
        return await answer;
      } finally {
        answering.delete(answer);
      }
    },
    listInAccount,
    doctor: createDoctor(ctx),
    ready: () => ready,
    close({ timeoutMs = 10_000 } = {}) {
      closed ??= (async () => {
        const deadline = clock.now() + timeoutMs;
        const answered = Promise.allSettled([...answering]);
        await Promise.all([ctx.queue.close(timeoutMs), Promise.race([answered, sleep(clock, timeoutMs)])]);
        await callbacks.close(Math.max(0, deadline - clock.now()));
        ctx.waiting.close();
        await upkeep.close();
        await caller.close();
        await ctx.store.close?.();
      })();
      return closed;
    },
  } satisfies MessagingService);
}

/** Whether a value is a service, of this copy of the package or another. */
export function isMessagingService(value: unknown): value is MessagingService {
  return isHttpHandler(value) && typeof (value as Partial<MessagingService>).send === "function";
}

/** The handler that an adapter's input stands for; of a service or its options, with the {@link ServiceHandles}. */
export function toHttpHandler(
  input: HttpHandler | MessagingServiceOptions,
): { readonly handler: HttpHandler } & Partial<ServiceHandles> {
  const handler = isHttpHandler(input) ? input : createMessagingService(input);
  return isMessagingService(handler) ? { handler, service: handler, send: handler.send } : { handler };
}

/** Whether a value is what adapters mount: a service, or a handler over several. */
function isHttpHandler(value: unknown): value is HttpHandler {
  const handler = value as Partial<HttpHandler> | null;
  return (
    ((typeof handler === "object" && handler !== null) || typeof handler === "function") &&
    typeof handler.handle === "function" &&
    typeof handler.locate === "function"
  );
}
