/** An element of a document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly (XmlElement | string)[];
}

const TOKEN =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>|<\/(?<close>[^\s<>/]+)\s*>|<(?<open>[^\s<>/!?]+)(?<attributes>(?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?)>|(?<text>[^<]+)/gy;
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * Reads a small XML document: elements, attributes, text, CDATA, comments, the five named entities and numeric ones.
 * `undefined` when it is not well-formed, has a DOCTYPE, or has white space before its declaration.
 */
export function readXml(document: string): XmlElement | undefined {
  // A byte order mark is none of the text, though JavaScript takes it for white space.
  const text = document.replace(/^\uFEFF/, "");
  if (/^\s+<\?xml/.test(text)) return undefined;
  type Open = XmlElement & { readonly children: (XmlElement | string)[] };
  const top: Open = { name: "", attributes: new Map(), children: [] };
  const stack: Open[] = [top];
  TOKEN.lastIndex = 0;
  for (let position = 0; position < text.length; position = TOKEN.lastIndex) {
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) return undefined;
    const parent = stack.at(-1) ?? top;
    if (groups.open !== undefined) {
      const attributes = readAttributes(groups.attributes ?? "");
      if (attributes === undefined) return undefined;
      const element: Open = { name: groups.open, attributes, children: [] };
      parent.children.push(element);
      if (groups.empty === "") stack.push(element);
    } else if (groups.close !== undefined) {
      if (stack.length < 2 || stack.pop()?.name !== groups.close) return undefined;
    } else if (groups.cdata !== undefined) parent.children.push(groups.cdata);
    else if (groups.text !== undefined) {
      // The end of a CDATA section that did not begin.
      const unescaped = groups.text.includes("]]>") ? undefined : unescapeXml(groups.text);
      if (unescaped === undefined) return undefined;
      parent.children.push(unescaped);
    }
  }
  const roots = top.children.filter((child) => typeof child !== "string" || child.trim() !== "");
  const [root] = roots;
  return stack.length === 1 && roots.length === 1 && typeof root === "object" ? root : undefined;
}

/** The text of an element and of the elements in it. */
export function textOf(element: XmlElement): string {
  return element.children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");
}

function readAttributes(source: string): Map<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of source.matchAll(ATTRIBUTE)) {
    const value = unescapeXml(double ?? single ?? "");
    if (value === undefined || attributes.has(name)) return undefined;
    attributes.set(name, value);
  }
  return attributes;
}

function unescapeXml(text: string): string | undefined {
  let known = true;
  const result = text.replace(/&([^;&\s]*);?/g, (reference: string, name: string) => {
    const value = reference.endsWith(";") ? (ENTITIES[name] ?? numeric(name)) : undefined;
    known &&= value !== undefined;
    return value ?? "";
  });
  return known ? result : undefined;
}

function numeric(name: string): string | undefined {
  const [, hexadecimal, decimal] = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name) ?? [];
  const digits = hexadecimal ?? decimal;
  if (digits === undefined) return undefined;
  const point = Number.parseInt(digits, hexadecimal === undefined ? 10 : 16);
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}
