// Writes docs/options.md from the docstrings of core's options: `node scripts/options-doc.mjs`.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const INTRODUCTION = `# Options

What \`createMessagingService\` takes. Names are those of Twilio's Service resource, camelCased, where it has one. An option that does not
exist is refused with the nearest one that does; a value that is not allowed, with what is.

This page is generated from \`settings.ts\`, \`options.ts\` and \`conversation-options.ts\` of \`packages/core/src\`.
`;

/** The tables, with the interface that each is read from. */
const TABLES = [
  {
    title: "Settings",
    text: "They can be changed while the service runs, by `service.update()`: persisted, and seen by every process on the store.",
    file: "settings.ts",
    name: "SettingsInput",
  },
  {
    title: "Options",
    text: "They are fixed when the service is made.",
    file: "options.ts",
    name: "MessagingServiceOptions",
  },
  {
    title: "Conversations",
    text: "The fields of the option `conversations` ([guide](conversations.md)).",
    file: "conversation-options.ts",
    name: "ConversationOptions",
  },
];

/**
 * The page.
 *
 * @param {(file: string) => string} read the text of a file of packages/core/src
 * @returns {string}
 */
export function renderOptionsDoc(read) {
  const tables = TABLES.map(({ title, text, file, name }) => {
    const rows = optionsOf(read(file), name).map(
      ({ option, type, text: words, required }) =>
        `| \`${option}\`${required ? " (required)" : ""} | ${cell(`\`${type}\``)} | ${cell(words)} |`,
    );
    return `## ${title}\n\n${text}\n\n| option | type | |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
  });
  return [INTRODUCTION, ...tables].join("\n");
}

/**
 * The properties of an interface, in their order, with their docstrings. Every one needs one: throws for a property without.
 *
 * @param {string} source as Biome formats it
 * @param {string} name
 */
export function optionsOf(source, name) {
  const start = source.search(new RegExp(`^export interface ${name}\\b`, "m"));
  if (start === -1) throw new Error(`There is no interface ${name}.`);
  const body = source.slice(source.indexOf("{\n", start) + 2, source.indexOf("\n}\n", start) + 1);
  const property =
    /(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)? {2}readonly (\w+)(\??):\s([\s\S]*?);\n(?= {2}\S|$)/g;
  return Array.from(body.matchAll(property), ([, comment, option = "", optional, type = ""]) => {
    if (comment === undefined) throw new Error(`${name}.${option} has no docstring.`);
    return {
      option,
      required: optional === "",
      type: type
        .replace(/\s+/g, " ")
        .replace(/^(\s*\| |\s+)/, "")
        .replace(/ \| undefined$/, "")
        .replace(/^\((.*)\)$/, "$1"),
      text: textOf(comment),
    };
  });
}

/** @param {string} comment */
function textOf(comment) {
  return comment
    .replace(/^\s*\* ?/gm, " ")
    .replace(/@see (\S+)/g, "[source]($1)")
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .replace(/\s+/g, " ")
    .trim();
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll("|", "\\|");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const read = (/** @type {string} */ file) =>
    readFileSync(new URL(`../packages/core/src/${file}`, import.meta.url), "utf8");
  writeFileSync(new URL("../docs/options.md", import.meta.url), renderOptionsDoc(read));
}
