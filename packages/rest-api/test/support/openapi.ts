import { readFileSync } from "node:fs";
import { Ajv } from "ajv";

/** What a fixture of Twilio's OpenAPI description holds. */
interface Description {
  readonly source: string;
  readonly version: string;
  readonly licence: string;
  readonly schemas: Readonly<Record<string, unknown>>;
}

const RFC_2822 =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} \+0000$/;

/** Formats as Twilio's description means them. */
const FORMATS: Readonly<Record<string, true | RegExp | ((text: string) => boolean)>> = {
  "date-time-rfc-2822": RFC_2822,
  "date-time": /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/,
  uri: (text) => /^(https?:\/\/[^/]+)?\/\S*$/.test(text),
  "phone-number": true,
  "phone-number-capabilities": true,
  currency: /^[A-Z]{3}$/i,
  "uri-map": true,
  "http-method": /^(GET|POST)$/,
};

/** Beside the description: the sample on Twilio's own page shows it. */
const UNDESCRIBED = { tags: { type: "object", nullable: true } };

/**
 * A check of answers against a fixture of Twilio's OpenAPI description, stricter than it: every property must be there, and no other.
 * Answers what is wrong; nothing when all is well.
 */
export function openApi(fixture: string): (schema: string, answer: unknown) => readonly string[] {
  const url = new URL(`../fixtures/${fixture}.json`, import.meta.url);
  const { schemas } = JSON.parse(readFileSync(url, "utf8")) as Description;
  const ajv = new Ajv({ strict: false, allErrors: true });
  for (const [name, check] of Object.entries(FORMATS)) ajv.addFormat(name, check);
  const strict = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, tighten(schema)]));
  ajv.addSchema({ components: { schemas: strict } }, "twilio");
  return (name, answer) => {
    if (!Object.hasOwn(schemas, name)) throw new Error(`${fixture} has no schema ${name}.`);
    const validate = ajv.compile({ $ref: `twilio#/components/schemas/${name}` });
    validate(answer);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}

function tighten(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(tighten);
  const tight: Record<string, unknown> = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      // A document of its own beside this one: what it refers to is in it.
      key === "$ref" ? `twilio${String(value)}` : tighten(value),
    ]),
  );
  const { properties } = tight as { readonly properties?: object };
  if (properties === undefined) return tight;
  return {
    ...tight,
    required: Object.keys(properties),
    properties: { ...properties, ...UNDESCRIBED },
    additionalProperties: false,
  };
}
