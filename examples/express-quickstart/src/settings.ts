/** What the command line and the environment ask for. */
export interface Settings {
  /** End after the transcript. */
  readonly once: boolean;
  readonly port: number;
  /** Folder that keeps the state; without one it is kept in memory. */
  readonly data: string | undefined;
  /** The real Twilio, when its credentials are there. */
  readonly account: TwilioAccount | undefined;
}

/** A Twilio account, and what of it the app uses. */
export interface TwilioAccount {
  readonly accountSid: string;
  readonly authToken: string;
  /** E.164 numbers, `whatsapp:+…`, sender IDs. */
  readonly senders: readonly string[];
  /** Origin under which Twilio reaches this server. */
  readonly publicUrl: string | undefined;
  /** Sends one text there at the start. */
  readonly to: string | undefined;
}

export const USAGE = `Usage: npm start -- [--once] [--data=FOLDER] [--to=NUMBER]

  --once         end after the transcript; the exit code tells whether all went as expected
  --data=FOLDER  keep state there, so that opt-outs last (or DATA_FOLDER)
  --to=NUMBER    with the real Twilio: send one text there

  PORT                                   where to listen; default 3000
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN  use the real Twilio instead of the simulated carrier
  TWILIO_SENDERS                         its senders, with commas between
  PUBLIC_URL                             where Twilio reaches this server: https://example.com`;

/** Reads the command line and the environment. Throws an Error that says what is wrong. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const flags = new Map(args.map((arg) => [arg.split("=", 1)[0] ?? arg, arg]));
  const textOf = (flag: string): string | undefined => flags.get(flag)?.slice(flag.length + 1);
  for (const [flag, arg] of flags) {
    const known = flag === "--once" ? arg === flag : ["--data", "--to"].includes(flag) && textOf(flag);
    if (!known) throw new Error(`${arg} is not understood.\n\n${USAGE}`);
  }
  const once = flags.has("--once");
  return {
    once,
    port: once ? 0 : portOf(filled(env.PORT) ?? "3000"),
    data: textOf("--data") ?? filled(env.DATA_FOLDER),
    account: accountOf(env, textOf("--to")),
  };
}

function accountOf(env: NodeJS.ProcessEnv, to: string | undefined): TwilioAccount | undefined {
  const accountSid = filled(env.TWILIO_ACCOUNT_SID);
  const authToken = filled(env.TWILIO_AUTH_TOKEN);
  if (accountSid === undefined && authToken === undefined) {
    if (to !== undefined) throw new Error("--to is for the real Twilio: set TWILIO_ACCOUNT_SID first.");
    return undefined;
  }
  if (accountSid === undefined) throw new Error("TWILIO_AUTH_TOKEN is set, but TWILIO_ACCOUNT_SID is not.");
  if (authToken === undefined) throw new Error("TWILIO_ACCOUNT_SID is set, but TWILIO_AUTH_TOKEN is not.");
  const senders = (env.TWILIO_SENDERS ?? "").split(",").flatMap((sender) => filled(sender) ?? []);
  if (senders.length === 0)
    throw new Error(
      "TWILIO_SENDERS is empty: name your senders, such as +14155550100,whatsapp:+14155550101.",
    );
  // Printed with a path behind it.
  const publicUrl = filled(env.PUBLIC_URL)?.replace(/\/$/, "");
  return { accountSid, authToken, senders, publicUrl, to };
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
