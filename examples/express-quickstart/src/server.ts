import { finalMessage } from "./deliver.ts";
import { formatSender, statusOf } from "./format.ts";
import { curlLines } from "./handset-routes.ts";
import { startReal } from "./real.ts";
import { readSettings, type Settings, type TwilioAccount } from "./settings.ts";
import { startSimulation } from "./simulated.ts";
import { runTranscript } from "./transcript.ts";

const print = (line: string): void => console.log(line);
/** A signal came: what breaks off from now on is no failure. */
let ending = false;

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings.account === undefined) await serveSimulation(settings);
  else await serveTwilio(settings, settings.account);
} catch (error) {
  if (!ending) fail(error);
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

/** The app against the simulated carrier: the transcript, then whatever curl says. */
async function serveSimulation({ once, port, data }: Settings): Promise<void> {
  const simulation = await startSimulation({ port, data });
  const { service, url, carrierUrl } = simulation;
  endOnSignal(simulation);
  if (port !== 0 && simulation.port !== port) print(`Port ${port} is taken; this is ${simulation.port}.\n`);
  print(`App      ${url}, its webhooks under ${service.path}`);
  print(`Carrier  ${carrierUrl}, simulated: Twilio's wire format, no account, nothing leaves this machine`);
  print(`State    ${describeStore(data)}`);
  print("Senders");
  for (const sender of service.senders.list()) print(`       ${formatSender(sender)}`);

  const unexpected = await runTranscript(simulation, print);
  if (once) {
    await simulation.close();
    process.exitCode = unexpected.length === 0 ? 0 : 1;
    return;
  }
  print("It keeps serving; now you are the handset:\n");
  for (const line of curlLines(url)) print(`  ${line}`);
  print("\nCtrl-C ends it.");
}

/** The app at the real Twilio. */
async function serveTwilio({ once, port, data }: Settings, account: TwilioAccount): Promise<void> {
  const app = await startReal(account, { port, data });
  const { service } = app;
  endOnSignal(app);
  print(`App      port ${app.port}, its webhooks under ${service.path}`);
  print(`Twilio   account ${account.accountSid}`);
  print(`State    ${describeStore(data)}`);
  print(`Webhook  ${account.publicUrl ?? "{PUBLIC_URL}"}${service.path}/inbound: set it for your numbers`);
  print("Senders");
  for (const sender of service.senders.list()) print(`       ${formatSender(sender)}`);
  for (const { level, code, message } of await service.doctor()) print(`${level}: ${code}: ${message}`);
  if (account.to !== undefined) {
    const { sid } = await service.send({ to: account.to, body: "Hello from the express quickstart." });
    const message = await finalMessage(service, sid, 30_000);
    print(`\n${message.to} from ${message.from}: ${statusOf(message)} (${message.providerSid ?? sid})`);
  }
  if (once) await app.close();
  else print("\nText one of your senders. Ctrl-C ends it.");
}

function describeStore(data: string | undefined): string {
  return data === undefined ? "in memory: opt-outs are lost when it ends (--data=FOLDER keeps them)" : data;
}

/** Lets what is under way finish, then exits. A second signal does not wait. */
function endOnSignal(running: { close(): Promise<void> }): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (ending) process.exit(130);
      ending = true;
      running.close().then(() => process.exit(0), fail);
    });
  }
}
