import { sleep, staying } from "./clock.ts";
import type { ConversationReply } from "./conversation.ts";
import { createContext } from "./create-context.ts";
import { isMessagingError, MessagingError } from "./errors.ts";
import { createAdvance } from "./flows/advance.ts";
import { createCallWebhook } from "./flows/call-webhook.ts";
import { createCallbacks } from "./flows/callbacks.ts";
import { createCheckMedia } from "./flows/check-media.ts";
import { createClaim } from "./flows/claim.ts";
import { createConsentLedger } from "./flows/consent-ledger.ts";
import { createConsentStats, createOptOutRate } from "./flows/consent-stats.ts";
import { createConversationChanges } from "./flows/conversation-changes.ts";
import { createConversationHooks } from "./flows/conversation-hooks.ts";
import { createConversationTelling } from "./flows/conversation-telling.ts";
import { createConversationUpkeep } from "./flows/conversation-upkeep.ts";
import { createConversations } from "./flows/conversations.ts";
import { createConverse } from "./flows/converse.ts";
import { createDebugger } from "./flows/debugger.ts";
import { createDecide } from "./flows/decide.ts";
import { createDeliver } from "./flows/deliver.ts";
import { createDoctor } from "./flows/doctor.ts";
import { createErase } from "./flows/erase.ts";
import { createExplain } from "./flows/explain.ts";
import { createFeed } from "./flows/feed.ts";
import { createHandOver } from "./flows/hand-over.ts";
import { createHandling } from "./flows/handling.ts";
import { createInbound } from "./flows/inbound.ts";
import { createKeyword } from "./flows/keyword.ts";
import { createManage } from "./flows/manage.ts";
import { createMediaLink } from "./flows/media-link.ts";
import { createPlanAlerts } from "./flows/plan-alerts.ts";
import { createProcess } from "./flows/process.ts";
import { createProviderAlerts } from "./flows/provider-alerts.ts";
import { createProviderOptOut } from "./flows/provider-opt-out.ts";
import { createReceipts } from "./flows/receipts.ts";
import { createRecover } from "./flows/recover.ts";
import { createReplan } from "./flows/replan.ts";
import { createReplies } from "./flows/replies.ts";
import { createSend } from "./flows/send.ts";
import { createSettle } from "./flows/settle.ts";
import { createStickyMap } from "./flows/sticky-map.ts";
import { createStoreAlerts } from "./flows/store-alerts.ts";
import { createUnsure } from "./flows/unsure.ts";
import { createUpkeep } from "./flows/upkeep.ts";
import { createWebhooks } from "./flows/webhooks.ts";
import { hostnameOf, linkPlaceOf, placeOf, toErrorResponse } from "./http.ts";
import {
  checkListener,
  type HttpHandler,
  type MessagingService,
  type ServiceEvents,
  type ServiceHandles,
} from "./messaging-service.ts";
import { type MessagingServiceOptions, resolveOptions } from "./options.ts";
import { createTally } from "./queue/tally.ts";
import type { AlertFilter } from "./records/alerts.ts";
import { createJournal } from "./records/journal.ts";
import { createMisses } from "./records/misses.ts";
import type { SettingsChange } from "./settings.ts";
import type { Address } from "./types.ts";
import { createWebhookCaller } from "./webhook/call.ts";
import { createGuard } from "./webhook/guard.ts";
import { createProbe } from "./webhook/probe.ts";
import { createSequencer } from "./webhook/retry.ts";

/**
 * Makes a messaging service from its options and starts delivering. The composition root: it builds the parts, hands the
 * flows to each other, and holds no rule of its own.
 *
 * @throws MessagingError INVALID_OPTION, UNKNOWN_OPTION, INVALID_SENDER, INVALID_KEYWORD, … naming what to change.
 */
export function createMessagingService(input: MessagingServiceOptions): MessagingService {
  const options = resolveOptions(input);
  const { ctx, live, alerts, alerting, denyList, emitter, listInAccount } = createContext(options);
  const { clock, logger } = options;
  const linkHost = options.linkUrl === undefined ? undefined : new URL(options.linkUrl).hostname;
  let closed: Promise<void> | undefined;

  const guard = createGuard({ allow: options.allowPrivateHosts });
  const caller = createWebhookCaller({ authToken: options.authToken, clock, logger, guard });
  const debug = createDebugger(ctx, { caller });
  alerting.forward(debug.tell);
  const callbacks = createCallbacks(ctx, { caller, sequencer: createSequencer() });
  const advance = createAdvance(ctx, { callbacks });
  const decide = createDecide(ctx);
  const claim = createClaim(ctx, { decide, raise: createPlanAlerts(ctx) });
  const replan = createReplan({ decide, claim });
  const probe = createProbe({ clock, guard });
  const checkMedia = createCheckMedia(ctx, { probe });
  const [sends, late] = [createTally(), createTally()];
  const unsure = createUnsure(ctx, { advance });
  const send = createSend(ctx, { decide, claim, advance, unsure, checkMedia, tally: sends });
  const providerOptOut = createProviderOptOut(ctx);
  const settle = createSettle(ctx, { advance, replan, providerOptOut });
  const replies = createReplies(ctx, { send });
  const hooks = createConversationHooks(ctx, { caller, sequencer: createSequencer() });
  const telling = createConversationTelling(ctx, { hooks });
  const changes = createConversationChanges(ctx, { hooks, telling });
  const converse = createConverse(ctx, { hooks, changes });
  const handling = createHandling(ctx, {
    replies,
    callUrl: createCallWebhook(ctx, { caller }),
    converse: converse.receive,
  });
  const keyword = createKeyword(ctx, { ...handling, replies, settle: denyList.settle });
  const process = createProcess(ctx, { keyword, handling: handling.handle, keep: converse.keep, late });
  const journal = createJournal(options.journal);
  const { inbound, resume, replay } = createInbound(ctx, { process, journal, deny: denyList.add });
  const webhooks = createWebhooks(ctx, {
    inbound,
    receipts: createReceipts(ctx, { ...settle, advance, replan, unsure, providerOptOut }),
    media: createMediaLink(ctx, { misses: createMisses(clock) }),
  });
  const conversations = createConversations(ctx, { send, changes, telling });
  const { explainChange, ...sticky } = createStickyMap(ctx);
  const stats = createConsentStats(ctx);
  const upkeep = createUpkeep(ctx, {
    checkOptOutRate: createOptOutRate(ctx, stats),
    replay,
    flush: denyList.flush,
    storeAlerts: createStoreAlerts(ctx),
    recover: createRecover(ctx, { ...settle, replan, resume, callbacks, takeUp: changes.resume }),
    conversations: createConversationUpkeep(ctx, { changes }),
  });
  const [handTo, judge] = [createHandOver(ctx), createProviderAlerts(ctx)];
  ctx.queue.start(createDeliver(ctx, { ...settle, handTo, replan, resume, judge }));
  upkeep.start();

  let refusal: MessagingError | undefined;
  /** Why nothing may be sent: it is closed, or its store would lose opt-outs. */
  const bar = () => (closed === undefined ? refusal : closedError());
  const closedError = () => new MessagingError("SERVICE_CLOSED", `The service "${options.name}" is closed.`);
  const ready = Promise.resolve().then(upkeep.ready);
  // Whoever does not ask hears of it in the log, not as an unhandled rejection.
  ready.catch((error: unknown) => {
    if (isMessagingError(error, "INVALID_OPTION")) refusal = error;
    logger.error("The service could not be made ready.", { error: String(error) });
  });

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
    send: (request) => (bar() === undefined ? send(request) : Promise.reject(bar())),
    explain: createExplain(ctx, { decide }),
    async update(change: SettingsChange) {
      if (closed !== undefined) throw closedError();
      return live.update(change);
    },
    senders: Object.freeze({
      list: () => live.pool.list(),
      add: live.addSender,
      update: live.updateSender,
      remove: (id: Address) => live.removeSender(id),
    }),
    sticky: Object.freeze(sticky),
    explainChange,
    consent: createConsentLedger(ctx, { stats }),
    alerts: Object.freeze({
      async list(filter?: AlertFilter | number) {
        // What this process knows is in the list, although it is written every few seconds only.
        await alerting.flush();
        return alerts.list(filter);
      },
    }),
    conversations: Object.freeze({
      ...conversations,
      send: (sid: string, reply: ConversationReply) =>
        bar() === undefined ? conversations.send(sid, reply) : Promise.reject(bar()),
    }),
    ...createManage(ctx, { advance }),
    changes: createFeed(ctx, () => closed !== undefined),
    lastChange: () => ctx.changes.newest(),
    on<Name extends keyof ServiceEvents>(name: Name, listener: (payload: ServiceEvents[Name]) => void) {
      checkListener(name, listener);
      return emitter.on(name, listener);
    },
    locate: (url, host) =>
      placeOf(url, options.path, options.publicUrl) ??
      (linkHost !== undefined && host !== undefined && hostnameOf(host) === linkHost
        ? linkPlaceOf(url)
        : undefined),
    handle(endpoint, request, about) {
      if (closed === undefined) return webhooks.handle(endpoint, request, about);
      return Promise.resolve(toErrorResponse(new MessagingError("SERVICE_CLOSED", "The service is closed.")));
    },
    get unfinished() {
      return ctx.waiting.count() + ctx.telling.size + telling.active + webhooks.active + late.active;
    },
    erase: createErase(ctx, { advance, conversations }),
    listInAccount,
    doctor: createDoctor(ctx),
    ready: () => ready,
    close({ timeoutMs = 10_000 } = {}) {
      closed ??= staying(clock, async () => {
        const deadline = clock.now() + timeoutMs;
        // A send that is under way is accepted, and what it stored is left to the next start.
        const settled = Promise.all([webhooks.settled(), sends.settled()]);
        const answered = Promise.race([settled, sleep(clock, timeoutMs)]);
        await Promise.all([ctx.queue.close(timeoutMs), answered]);
        await late.settledWithin(clock, Math.max(0, deadline - clock.now()));
        await callbacks.close(Math.max(0, deadline - clock.now()));
        await telling.close(Math.max(0, deadline - clock.now()));
        ctx.waiting.close();
        ctx.callbacks.close();
        await upkeep.close();
        await alerting.close();
        await debug.close(Math.max(0, deadline - clock.now()));
        await caller.close();
        probe.close(new MessagingError("SERVICE_CLOSED", "The service is closed."));
        await ctx.store.close?.();
      });
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
