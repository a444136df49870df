import { NOT_DURABLE } from "../alert.ts";
import type { Timer } from "../clock.ts";
import { lintOptOut } from "../opt-out/lint.ts";
import { show } from "../option-checks.ts";
import { PLAN_ALERTS } from "../planning/reasons.ts";
import type { Provider } from "../provider.ts";
import type { InboundHandling } from "../types.ts";
import type { FlowContext } from "./context.ts";

/** A provider's `inspect` may take that long. */
const INSPECT_MS = 10_000;

/** One finding of `service.doctor()`. */
export interface DoctorFinding {
  readonly level: "warn" | "info";
  readonly code: string;
  readonly message: string;
}

/** `service.doctor`: what is wrong or worth knowing about this set-up, from options, store and providers. */
export function createDoctor(ctx: FlowContext): () => Promise<readonly DoctorFinding[]> {
  return async function doctor(): Promise<readonly DoctorFinding[]> {
    const findings: DoctorFinding[] = [...urlFindings(), ...poolFindings(), ...conversationFindings()];
    const { policy } = ctx.optOut();
    for (const { code, message, reply } of policy.enabled ? lintOptOut(policy) : [])
      findings.push({ level: "info", code, message: `${message} It is ${show(reply)}.` });
    try {
      for (const { level, code, message } of (await ctx.store.inspect?.()) ?? []) {
        findings.push({ level: level === "info" ? "info" : "warn", code, message });
      }
      const isReal = ctx.options.providers.some((provider) => provider.simulated !== true);
      const isKnown = findings.some(({ code }) => code === "STORE_NOT_DURABLE");
      if (!ctx.store.durable && isReal && !isKnown)
        findings.push({ level: "warn", code: "STORE_NOT_DURABLE", message: NOT_DURABLE });
    } catch (error) {
      findings.push({
        level: "warn",
        code: "STORE_UNAVAILABLE",
        message: `The store does not answer: ${String(error)}`,
      });
    }
    for (const provider of ctx.options.providers) {
      try {
        findings.push(...(await inspect(provider)));
      } catch (error) {
        findings.push({
          level: "warn",
          code: "PROVIDER_UNAVAILABLE",
          message: `The provider "${provider.name}" could not be asked about its set-up: ${String(error)}`,
        });
      }
    }
    return Object.freeze(findings);
  };

  /** Rejects for a provider that is late, as when its API does not answer: that is what a doctor is asked about. */
  async function inspect(provider: Provider): Promise<DoctorFinding[]> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => reject(new Error(`no answer within ${INSPECT_MS} ms`));
      timer = ctx.clock.schedule(giveUp, INSPECT_MS);
    });
    try {
      const found = (await Promise.race([provider.inspect?.(), late])) ?? [];
      return found.map(({ level, code, message }) => ({
        level: level === "info" ? level : "warn",
        code,
        message,
      }));
    } finally {
      timer?.cancel();
    }
  }

  /** The same codes as the alerts of what is sent by it. */
  function conversationFindings(): DoctorFinding[] {
    const isConversation = (handling: InboundHandling | undefined): boolean => handling === "conversation";
    const areUsed =
      isConversation(ctx.settings().inboundHandling) ||
      ctx.pool.list().some(({ inboundHandling }) => isConversation(inboundHandling));
    if (!ctx.options.conversations.given || areUsed) return [];
    return [
      {
        level: "warn",
        code: "CONVERSATIONS_UNUSED",
        message:
          'The option `conversations` is given, but no sender has the inboundHandling "conversation", so nothing comes to it.',
      },
    ];
  }

  function poolFindings(): DoctorFinding[] {
    const code = "MULTIPLE_TOLL_FREE";
    const several = (ctx.pool.place("toll-free")?.size ?? 0) > 1;
    return several ? [{ level: "warn", code, message: PLAN_ALERTS[code] }] : [];
  }

  function urlFindings(): DoctorFinding[] {
    const { publicUrl, providers, path } = ctx.options;
    if (providers.every((provider) => provider.simulated === true)) return [];
    if (publicUrl === undefined) {
      return [
        {
          level: "warn",
          code: "NO_PUBLIC_URL",
          message:
            "Without publicUrl providers send no delivery receipts, and signatures are checked against the Host header.",
        },
      ];
    }
    const found: DoctorFinding[] = [
      {
        level: "info",
        code: "WEBHOOK_RETRIES",
        message: `Twilio does not repeat a webhook that was answered 5xx unless its URL says so: configure ${publicUrl}${path}/inbound#rc=5&rp=all.`,
      },
    ];
    if (publicUrl.startsWith("http:"))
      found.push({
        level: "warn",
        code: "PLAIN_HTTP",
        message: "publicUrl is not https: webhooks can be read on their way.",
      });
    return found;
  }
}
