/** Structured fields of a log line. Never a token, never a body. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the service logs. pino, winston and console fit through three lines; the default logs warnings and errors to stderr. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Says nothing. */
export const silentLogger: Logger = Object.freeze({ debug() {}, info() {}, warn() {}, error() {} });

/** One line to stderr per warning or error; debug and info are dropped. */
export const stderrLogger: Logger = Object.freeze({
  debug() {},
  info() {},
  warn: (message: string, fields?: LogFields) => write("warn", message, fields),
  error: (message: string, fields?: LogFields) => write("error", message, fields),
});

/** What would end the line, or move a terminal's cursor. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

function write(level: string, message: string, fields?: LogFields): void {
  const line = `[messaging-service] ${level}: ${message}${fields ? ` ${JSON.stringify(fields)}` : ""}`;
  process.stderr.write(`${line.replace(CONTROL, escaped)}\n`);
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
