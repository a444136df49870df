import type { Provider, ProviderMessage, ProviderResult } from "@messaging-service/core";
import type { VirtualClock } from "@messaging-service/simulator";

/** A hand-over, and when it was, in ms since the tap was made. */
export interface HandOver extends ProviderMessage {
  readonly at: number;
}

/** Sees what a provider is handed. */
export interface Tap {
  readonly handed: readonly HandOver[];
  /** For {@link createWorld}. */
  readonly wrap: (provider: Provider) => Provider;
  /** Times of a sender's hand-overs, in order. */
  times(from: string): readonly number[];
}

/** Notes every hand-over, and answers it by `answer`, or as the carrier does. */
export function createTap(
  clock: VirtualClock,
  answer: (message: ProviderMessage) => ProviderResult | Promise<ProviderResult> | undefined = () =>
    undefined,
): Tap {
  const start = clock.now();
  const handed: HandOver[] = [];
  return {
    handed,
    wrap: (provider) => ({
      ...provider,
      async send(message) {
        handed.push({ ...message, at: clock.now() - start });
        return (await answer(message)) ?? provider.send(message);
      },
    }),
    times: (from) => handed.filter((each) => each.from === from).map(({ at }) => at),
  };
}

/** Takes every message, and says no more of it. */
export function taken(message: ProviderMessage): ProviderResult {
  return { outcome: "accepted", providerSid: `P${message.sid}` };
}
