import { MessagingError } from "../errors.ts";
import { type MediaFile, mediaFault } from "../planning/media-limits.ts";
import type { Plan } from "../planning/plan.ts";
import type { Draft } from "../send-request.ts";
import type { Probe } from "../webhook/probe.ts";
import { withoutCredentials } from "../webhook/request.ts";
import type { CheckMedia, FlowContext } from "./context.ts";

/**
 * The `checkMedia` setting: each media URL is asked for its type and size before a send is accepted, and judged by what
 * the message leaves as, and falls back to. A link in an SMS has only to lead somewhere.
 */
export function createCheckMedia(
  ctx: Pick<FlowContext, "settings">,
  { probe }: { readonly probe: Probe },
): CheckMedia {
  return async function checkMedia(draft: Draft, plan: Plan): Promise<MessagingError | undefined> {
    if (!ctx.settings().checkMedia || plan.decision === null) return undefined;
    const probed = await Promise.all(draft.mediaUrl.map((url) => probe.ask(url)));
    const files: MediaFile[] = [];
    for (const [index, answer] of probed.entries()) {
      const url = withoutCredentials(draft.mediaUrl[index] ?? "");
      if (answer.reason !== undefined)
        return new MessagingError("MEDIA_UNREACHABLE", `${url} ${answer.reason}.`);
      files.push({ url, ...answer });
    }
    const kinds = [plan.decision.kind, ...(plan.fallback === null ? [] : [plan.fallback.kind])];
    for (const kind of kinds) {
      const fault = mediaFault(kind, files);
      if (fault !== undefined) return new MessagingError(fault.code, fault.message);
    }
    return undefined;
  };
}
