import * as http from "node:http";
import * as https from "node:https";
import { parseUrl, type Timer } from "@messaging-service/core";
import type { Lifetime } from "../lifetime.ts";
import type { CallAnswer, CallLimits, CallRequest } from "./webhook-call.ts";

const ERRORS: Readonly<Record<string, number>> = {
  ECONNREFUSED: 11202,
  ENOTFOUND: 11210,
  EAI_AGAIN: 11210,
};

/** Carries a webhook call over HTTP(S), a connection each. Redirects are not followed. */
export function httpTransport(request: CallRequest, limits: CallLimits, life: Lifetime): Promise<CallAnswer> {
  return new Promise((resolve) => {
    const url = parseUrl(request.url);
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      resolve(failed("ct", 11100));
      return;
    }
    let connected = false;
    let reading: Timer | undefined;
    const { protocol, username, password } = url;
    const outgoing = (protocol === "https:" ? https : http).request(url, {
      method: request.method,
      headers: request.headers,
      agent: false,
      ...(username !== "" && {
        auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
      }),
    });
    const finish = (answer: CallAnswer): void => {
      connecting.cancel();
      reading?.cancel();
      total.cancel();
      release();
      resolve(answer);
      outgoing.destroy();
    };
    const fail = (errorCode: number): void => finish(failed(connected ? "rt" : "ct", errorCode));
    /** Also the longest gap between two packets. */
    const awaitData = (): void => {
      reading?.cancel();
      reading = life.after(limits.readMs, () => fail(11203));
    };
    const connecting = life.after(limits.connectMs, () => fail(11205));
    const total = life.after(limits.totalMs, () => fail(11203));
    const release = life.onClose(() => fail(11205));

    outgoing.on("socket", (socket) =>
      socket.once(protocol === "https:" ? "secureConnect" : "connect", () => {
        connected = true;
        connecting.cancel();
        awaitData();
      }),
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => fail(ERRORS[error.code ?? ""] ?? 11205));
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        awaitData();
      });
      response.on("error", () => fail(11205));
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        finish({
          status,
          headers: flatten(response.headers),
          body: Buffer.concat(chunks).toString("utf8"),
          errorCode: status >= 200 && status < 300 ? null : 11200,
        });
      });
    });
    outgoing.end(request.body);
  });
}

function failed(failure: "ct" | "rt", errorCode: number): CallAnswer {
  return { status: 0, headers: {}, body: "", failure, errorCode };
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}
