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

function write(level: string, message: string, fields?: LogFields): void {
  process.stderr.write(
    `[messaging-service] ${level}: ${message}${fields ? ` ${JSON.stringify(fields)}` : ""}\n`,
  );
}
