/** What the environment asks for. */
export interface Settings {
  readonly port: number;
  /** What agents sign in with; without one, at the simulated carrier, one is made up. */
  readonly agentToken: string | undefined;
  /** Folder that keeps the state (LMDB). */
  readonly dataFolder: string | undefined;
  /** The Redis that keeps the state, for any number of processes. */
  readonly redisUrl: string | undefined;
  /** The real Twilio, when its credentials are there. */
  readonly account: TwilioAccount | undefined;
}

/** A Twilio account, and what of it the app uses. */
export interface TwilioAccount {
  readonly accountSid: string;
  readonly authToken: string;
  /** E.164 numbers, `whatsapp:+…`. */
  readonly senders: readonly string[];
  /** Origin under which Twilio and the agents reach this server. */
  readonly publicUrl: string;
}

/** Reads the environment. Throws an Error that says what is wrong. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const account = accountOf(env);
  const agentToken = filled(env.AGENT_TOKEN);
  if (account !== undefined && agentToken === undefined)
    throw new Error(
      "AGENT_TOKEN is empty: make one up for your agents to sign in with (openssl rand -hex 20).",
    );
  const [dataFolder, redisUrl] = [filled(env.DATA_FOLDER), filled(env.REDIS_URL)];
  if (dataFolder !== undefined && redisUrl !== undefined)
    throw new Error("DATA_FOLDER and REDIS_URL are both set: state is kept in one of them.");
  return { port: portOf(filled(env.PORT) ?? "3000"), agentToken, dataFolder, redisUrl, account };
}

function accountOf(env: NodeJS.ProcessEnv): TwilioAccount | undefined {
  const accountSid = filled(env.TWILIO_ACCOUNT_SID);
  const authToken = filled(env.TWILIO_AUTH_TOKEN);
  if (accountSid === undefined && authToken === undefined) return undefined;
  if (accountSid === undefined) throw new Error("TWILIO_AUTH_TOKEN is set, but TWILIO_ACCOUNT_SID is not.");
  if (authToken === undefined) throw new Error("TWILIO_ACCOUNT_SID is set, but TWILIO_AUTH_TOKEN is not.");
  const senders = (env.TWILIO_SENDERS ?? "").split(",").flatMap((sender) => filled(sender) ?? []);
  if (senders.length === 0)
    throw new Error(
      "TWILIO_SENDERS is empty: name your senders, such as +14155550100,whatsapp:+14155550101.",
    );
  // Printed with a path behind it.
  const publicUrl = filled(env.PUBLIC_URL)?.replace(/\/$/, "");
  if (publicUrl === undefined)
    throw new Error(
      "PUBLIC_URL is empty: say where Twilio reaches this server, such as https://example.com.",
    );
  return { accountSid, authToken, senders, publicUrl };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new Error(`PORT is ${text}, but takes a number from 0 to 65535.`);
}

function filled(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}
