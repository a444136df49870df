import type { Message, MessageStatus, MessagingService, SendRequest } from "@messaging-service/core";

/** A message at the end of its way. */
export interface Delivered {
  readonly message: Message;
  /** The recipient's, ISO 3166-1 alpha-2. */
  readonly country: string | undefined;
}

/** Sends a message and waits until its status is final. Rejects with a MessagingError when it is refused. */
export async function deliver(service: MessagingService, request: SendRequest): Promise<Delivered> {
  const { to } = await service.explain(request);
  const { sid } = await service.send(request);
  return { message: await finalMessage(service, sid), country: to.country };
}

const FINAL: readonly MessageStatus[] = ["delivered", "read", "undelivered", "failed", "canceled"];

/** The message once its status is final; after `timeoutMs` (default 10,000), as it is then. */
export async function finalMessage(
  service: MessagingService,
  sid: string,
  timeoutMs = 10_000,
): Promise<Message> {
  let stop = (): void => {};
  const reached = new Promise<void>((resolve) => {
    const off = service.on("status", (message) => {
      if (message.sid === sid && FINAL.includes(message.status)) resolve();
    });
    const timer = setTimeout(resolve, timeoutMs);
    stop = () => {
      off();
      clearTimeout(timer);
    };
  });
  try {
    // Asked after the listener is on: it may be final already.
    const now = await service.message(sid);
    if (now === undefined || !FINAL.includes(now.status)) await reached;
    const message = await service.message(sid);
    if (message === undefined) throw new Error(`${sid} is not on record.`);
    return message;
  } finally {
    stop();
  }
}
