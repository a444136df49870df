// Writes docs/errors.md from the error table of the built core: `npm run build && node scripts/errors-doc.mjs`.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** @typedef {{ status: number, twilioCode: number | null, help: string }} Entry */

const INTRODUCTION = `# Errors

Every error of this library is a \`MessagingError\`. Its \`code\` is stable and meant for \`switch\`; \`twilioCode\` is the number the
field knows it by ([Twilio's error dictionary](https://www.twilio.com/docs/api/errors)), or \`null\`; \`status\` is the HTTP status of an
answer that carries it; the message says what is wrong and ends in the remedy below. The \`errorCode\` of a failed message is the same
number, or the carrier's own where it gave one; 30036 where the validity period ended. \`isMessagingError(error, code)\` tells errors apart, also
across two copies of the package.

This page is generated from \`packages/core/src/error-table.ts\`.
`;

/**
 * The page, from core's \`ERROR_CODES\`: one heading per code, at the anchor that \`MessagingError.docs\` names.
 *
 * @param {Readonly<Record<string, Entry>>} codes
 * @returns {string}
 */
export function renderErrorsDoc(codes) {
  const sections = Object.entries(codes).map(([code, { status, twilioCode, help }]) => {
    // GitHub's own anchor would keep the underscores.
    const anchor = code.toLowerCase().replaceAll("_", "-");
    const number = twilioCode === null ? "no Twilio number" : `Twilio ${twilioCode}`;
    return `## <a id="${anchor}"></a>${code}\n\nHTTP ${status}, ${number}. ${help}\n`;
  });
  return [INTRODUCTION, ...sections].join("\n");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { ERROR_CODES } = await import(new URL("../packages/core/dist/errors.js", import.meta.url).href);
  writeFileSync(new URL("../docs/errors.md", import.meta.url), renderErrorsDoc(ERROR_CODES));
}
