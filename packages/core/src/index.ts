export type { Alert, AlertCode, AlertEntry, AlertLevel, DebuggerWebhook } from "./alert.ts";
export { ALERT_CODES } from "./alert.ts";
export type { Clock, Timer } from "./clock.ts";
export { systemClock } from "./clock.ts";
export type * from "./conversation.ts";
export type {
  ConversationAddEvent,
  ConversationAddedEvent,
  ConversationHookContext,
  ConversationOptions,
  ConversationPostEvent,
  ConversationPostEventName,
  ConversationPostWebhookUrl,
  ConversationStateUpdatedEvent,
  ConversationWebhook,
  ConversationWebhookUrl,
  MessageAddedEvent,
  ParticipantAddedEvent,
} from "./conversation-options.ts";
export type { CostlyCharacter } from "./encoding/costs.ts";
export type { Segmentation, SegmentOptions } from "./encoding/segment.ts";
export { segment } from "./encoding/segment.ts";
export { smartEncode } from "./encoding/smart.ts";
export type { ErrorCode, ErrorEntry, MessagingErrorOptions } from "./errors.ts";
export { ERROR_CODES, isMessagingError, MessagingError } from "./errors.ts";
export type { FetchHandler, FetchHandlerOptions, FetchNext, HandlerFetch } from "./fetch.ts";
export { toFetchHandler } from "./fetch.ts";
export type { Route, RouteMessaging } from "./flows/arrival.ts";
export type { ConsentAnswer, ConsentInput, ConsentLedger } from "./flows/consent-ledger.ts";
export type { Explained } from "./flows/explain.ts";
export type { FeedOptions } from "./flows/feed.ts";
export type { MessageFilter, MessagePage } from "./flows/manage.ts";
export type { StickyEntry, StickyEntryPage, StickyMap } from "./flows/sticky-map.ts";
export type { HandleOptions } from "./flows/webhooks.ts";
export type { Endpoint, Place } from "./http.ts";
export { toErrorResponse, toWebhookRequest } from "./http.ts";
export type { LogFields, Logger } from "./logger.ts";
export { silentLogger } from "./logger.ts";
export type {
  Finding,
  HttpHandler,
  MessagingService,
  ServiceEvents,
  ServiceHandles,
} from "./messaging-service.ts";
export type { NodeExchange } from "./node-adapter.ts";
export { locateNode, serveNode } from "./node-adapter.ts";
export type { ReadLimits } from "./node-body.ts";
export type { NodeRequest, ParsedBody, ReadHints } from "./node-http.ts";
export { fromNodeRequest, writeNodeResponse } from "./node-http.ts";
export type {
  CountryKeywords,
  KeywordEntry,
  KeywordLayer,
  OptOutOptions,
  ResolvedKeyword,
  ResolvedOptOut,
  ResolvedSet,
} from "./opt-out/keywords.ts";
export { resolveOptOut } from "./opt-out/keywords.ts";
export type { LintReplyOptions, ReplyWarning, ReplyWarningCode } from "./opt-out/lint.ts";
export { lintReply } from "./opt-out/lint.ts";
export type {
  BodyCost,
  BodyLint,
  BodyWarning,
  BodyWarningCode,
  LintOptions,
} from "./opt-out/lint-body.ts";
export { lint } from "./opt-out/lint-body.ts";
export type { KeywordMatch, MatchKeywordOptions } from "./opt-out/match.ts";
export { matchKeyword } from "./opt-out/match.ts";
export { possibleOptOut } from "./opt-out/possible-opt-out.ts";
export { isCountry } from "./option-checks.ts";
export type { MessagingServiceOptions, QueueFactory } from "./options.ts";
export type { ParsedAddress, Recipient } from "./phone/address.ts";
export { parseAddress } from "./phone/address.ts";
export type { PoolChangeEffect } from "./planning/change.ts";
export { explainText } from "./planning/explain-text.ts";
export type { Plan, PlanDecision } from "./planning/plan.ts";
export type { PlanReason } from "./planning/reasons.ts";
export { PLAN_ALERTS, PLAN_REASONS } from "./planning/reasons.ts";
export type * from "./provider.ts";
export type { MemoryQueueOptions } from "./queue/memory.ts";
export { createMemoryQueue } from "./queue/memory.ts";
export type { AddResult, Job, LaneLimit, Queue } from "./queue/queue.ts";
export type {
  AccountMessage,
  AccountMessages,
  AccountPage,
  AccountPageRequest,
} from "./records/account-messages.ts";
export { createAccountMessages } from "./records/account-messages.ts";
export type { AlertFilter, AlertPage } from "./records/alerts.ts";
export type { Change } from "./records/changes.ts";
export type { ConsentEvent, ConsentSource, ConsentStatus } from "./records/consent-record.ts";
export { providerLinkKey } from "./records/keys.ts";
export type { LinkClick } from "./records/links.ts";
export type * from "./sender.ts";
export { createMessagingService, isMessagingService, toHttpHandler } from "./service.ts";
export type { Settings, SettingsChange, SettingsInput } from "./settings.ts";
export type { TimeLimitOptions } from "./store/guard.ts";
export { withTimeLimit } from "./store/guard.ts";
export type { KeyvLike, KeyvStoreOptions } from "./store/keyv.ts";
export { keyvStore } from "./store/keyv.ts";
export type { MemoryStoreOptions } from "./store/memory.ts";
export { memoryStore } from "./store/memory.ts";
export type { OpenStoreOptions, SharedStore } from "./store/open.ts";
export { shareStore } from "./store/open.ts";
export type {
  Atomicity,
  LogEntry,
  LogWrite,
  RangeOptions,
  Store,
  StoreFinding,
  StoreWrite,
} from "./store/store.ts";
export { parseTime } from "./time.ts";
export type * from "./types.ts";
export { calledUrl, parseUrl } from "./url.ts";
export type { FormLimits, FormParameters } from "./wire/form.ts";
export { parseForm, parseQuery } from "./wire/form.ts";
export { renderForm } from "./wire/form-render.ts";
export type {
  SignatureExplanationInput,
  TwilioRequestToSign,
  TwilioSignatureInput,
} from "./wire/signature.ts";
export { explainSignature, signTwilioRequest, verifyTwilioSignature } from "./wire/signature.ts";
export type { TwimlDocument, TwimlMessage, TwimlRedirect } from "./wire/twiml-parse.ts";
export { parseTwiml } from "./wire/twiml-parse.ts";
export { renderTwiml } from "./wire/twiml-render.ts";
