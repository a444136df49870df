import { createEmitter, type Emitter } from "./events.ts";
import { type Alerting, createAlerting } from "./flows/alerts.ts";
import type { FlowContext, Live } from "./flows/context.ts";
import { createLaneAlerts } from "./flows/lane-alerts.ts";
import { createWaiting } from "./flows/waiting.ts";
import { methods } from "./option-checks.ts";
import { OPTION_NAMES, QUEUE_METHODS, type ResolvedOptions } from "./options.ts";
import { PassingMap } from "./passing.ts";
import { resolveSender } from "./planning/resolve-sender.ts";
import { defaultThroughput } from "./planning/throughput.ts";
import { createKept } from "./queue/kept.ts";
import { laneLimit } from "./queue/lanes.ts";
import { createMemoryQueue } from "./queue/memory.ts";
import { createAccountListing } from "./records/account-messages.ts";
import { type Alerts, createAlerts } from "./records/alerts.ts";
import { createChanges } from "./records/changes.ts";
import { type Config, createConfig } from "./records/config.ts";
import { createConsent } from "./records/consent.ts";
import { createConversationRecords } from "./records/conversations.ts";
import { createDenyList, type DenyList } from "./records/denied.ts";
import { createDueSlots } from "./records/due-slots.ts";
import { createKeys } from "./records/keys.ts";
import { createLinks } from "./records/links.ts";
import { createLiveConfig, type LiveConfig } from "./records/live-config.ts";
import { createMessages } from "./records/messages.ts";
import { createOutbox } from "./records/outbox.ts";
import { createSticky } from "./records/sticky.ts";
import type { Sender } from "./sender.ts";
import { createId } from "./sid.ts";
import { openStore as open } from "./store/open.ts";
import type { Store } from "./store/store.ts";
import type { MessageKind } from "./types.ts";

/** The parts of a service: what the flows share, and what only the composition root uses. */
export interface Parts {
  readonly ctx: FlowContext;
  readonly config: Config;
  readonly live: LiveConfig;
  readonly alerts: Alerts;
  readonly alerting: Alerting;
  readonly denyList: DenyList;
  readonly emitter: Emitter;
  /** From now on the service's messages are listed for the account too. */
  readonly listInAccount: () => void;
}

/** Lanes that hold no sender's messages but times: schedules, and hand-overs to be decided. */
const TIMER_LANE = Object.freeze(laneLimit(1_000_000, Number.POSITIVE_INFINITY));

/** Builds the state behind the flows from the options. */
export function createContext(options: ResolvedOptions): Parts {
  const { clock, logger } = options;
  const store = openStore(options);
  const keys = createKeys(options.accountSid, options.name);
  const config = createConfig(store, keys);
  const alerts = createAlerts(store, keys);
  const emitter = createEmitter(logger);
  const denyList = createDenyList();

  const service = [options.accountSid, options.name] as const;
  const alerting = createAlerting({ clock, logger, emitter, alerts, service });
  const alert = alerting.raise;
  const live = createLiveConfig({
    options,
    optionNames: OPTION_NAMES,
    config,
    onUnusable: (error) => alert("CONFIG_UNUSABLE", `The stored settings cannot be used: ${String(error)}`),
  });
  const limitOf = (lane: string, bucket: string) => {
    const sender = live.pool.get(lane) ?? outsider(lane);
    return sender === undefined ? TIMER_LANE : laneLimit(defaultThroughput(sender, bucket as MessageKind));
  };

  const inAccount = createAccountListing(options.accountSid, { name: options.name, serviceSid: options.sid });
  let listing = options.accountLog ? inAccount : undefined;
  const owner = createId();
  const outbox = createOutbox({
    store,
    keys,
    owner,
    heartbeatMs: options.heartbeatMs,
    now: () => clock.now(),
  });
  const inProcess = new PassingMap<string, Live>();
  const telling = new Map<string, number>();
  // Bounded by `send`, which counts what it accepts.
  const lanes = { clock, limitOf, maxJobs: Number.POSITIVE_INFINITY };
  const queue =
    typeof options.queue === "function"
      ? methods("queue", options.queue(lanes), QUEUE_METHODS)
      : (options.queue ?? createMemoryQueue(lanes));
  const joined = createLaneAlerts({ queue, limitOf, alert });
  const waiting = createWaiting({ clock, queue, pool: live.pool, live: inProcess, joined });
  const now = (): number => clock.now();
  const slots = createDueSlots(store, keys, now);
  const segments = new Map(options.providers.map(({ name }) => [name, encodeURIComponent(name)]));
  const ctx: FlowContext = {
    options,
    owner,
    outbox,
    clock,
    logger,
    store,
    keys,
    messages: createMessages(store, keys, live.settings, () => listing),
    sticky: createSticky(store, keys, () => clock.now(), live.settings),
    consent: createConsent(store, keys),
    changes: createChanges(store, keys, live.settings),
    links: createLinks(store, keys, options.authToken),
    conversations: createConversationRecords({ store, keys, settings: live.settings, slots, now }),
    slots,
    pool: live.pool,
    queue,
    waiting,
    providers: new Map(options.providers.map((provider) => [provider.name, provider])),
    events: { emit: emitter.emit, has: emitter.has, alert },
    settings: live.settings,
    optOut: live.optOut,
    statusUrl: (provider, sid) => {
      const { publicUrl, path } = options;
      if (publicUrl === undefined) return undefined;
      return `${publicUrl}${path}/status/${segments.get(provider) ?? encodeURIComponent(provider)}?sid=${sid}`;
    },
    linkTo: (code) => {
      const { publicUrl, linkUrl, path } = options;
      if (linkUrl !== undefined) return `${readable(linkUrl)}/${code}`;
      return publicUrl === undefined ? undefined : `${readable(publicUrl)}${path}/m/${code}`;
    },
    adopt: live.adopt,
    denied: denyList,
    live: inProcess,
    callbacks: createKept(clock),
    telling,
    forget(sid) {
      waiting.drop(sid);
      // Somebody still has to be told of it; then callbacks.ts lets it go.
      if (!telling.has(sid)) outbox.done(sid);
    },
  };
  const listInAccount = (): void => {
    listing = inAccount;
  };
  return { ctx, config, live, alerts, alerting, denyList, emitter, listInAccount };
}

/** An origin as anybody may read it: a provider may call with a user name and a password, recipients are not told them. */
function readable(origin: string): string {
  return origin.replace(/^(https?:\/\/)[^/]*@/i, "$1");
}

/** A number that is not in the pool goes at its kind's pace: a fallbackFrom of the same account. */
function outsider(lane: string): Sender | undefined {
  return lane.startsWith("+") ? resolveSender(lane, { defaultProvider: "", membership: "" }) : undefined;
}

function openStore({ store, storeTimeoutMs, clock }: ResolvedOptions): Store {
  return open(store, { timeoutMs: storeTimeoutMs, clock });
}
