import { type Channel, channel } from "node:diagnostics_channel";

/**
 * What happens inside, for tracers: `node:diagnostics_channel` channels, each published only while somebody listens.
 * Payloads carry SIDs, addresses and codes, never bodies. See docs/diagnostics.md.
 */
export const channels: {
  /** `{ service, sid, to, from, kind, numSegments, rule }`: a message was accepted. */
  readonly send: Channel;
  /** `{ service, sid, from, provider, outcome, errorCode, durationMs }`: a hand-over ended. */
  readonly deliver: Channel;
  /** `{ service, sid, from, to, optOutType, durationMs }`: an inbound message was answered. */
  readonly inbound: Channel;
  /** `{ service, sid, provider, status }`: a delivery receipt came. */
  readonly receipt: Channel;
  /** `{ service, sid, status, errorCode }`: a message's status changed. */
  readonly status: Channel;
} = Object.freeze({
  send: channel("messaging-service:send"),
  deliver: channel("messaging-service:deliver"),
  inbound: channel("messaging-service:inbound"),
  receipt: channel("messaging-service:receipt"),
  status: channel("messaging-service:status"),
});
