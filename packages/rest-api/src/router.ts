import type { Handler, Row } from "./ports.ts";

/** The resource a path names, and what takes its verbs. */
export interface Found {
  readonly params: Readonly<Record<string, string>>;
  readonly handlers: ReadonlyMap<string, Handler>;
  /** `.xml` was asked for. */
  readonly xml: boolean;
}

/** Paths to resources. */
export interface Router {
  /** Whether a path (without query) is for this API, whatever it has there: the 2010 API is ours alone, of `/v1` its resources are. */
  owns(path: string): boolean;
  /** The resource of a path without query; `undefined` where there is none. */
  find(path: string): Found | undefined;
}

interface Node {
  readonly fixed: Map<string, Node>;
  /** What follows a name such as `{Sid}`. */
  open: Node | undefined;
  readonly handlers: Map<string, Handler>;
  /** The names on the way here, in order. */
  names: readonly string[];
}

/** Versions whose every path is ours. */
const WHOLE_VERSIONS: ReadonlySet<string> = new Set(["2010-04-01"]);
/** No template is longer; longer paths are not taken apart. */
const MOST_SEGMENTS = 12;
const MOST_RECENT = 256;

/** A router over rows. Rows are compiled once; finding a path takes time linear in it. */
export function createRouter(rows: readonly Row[]): Router {
  const root = newNode();
  for (const [method, template, handler] of rows) {
    const names: string[] = [];
    let node = root;
    for (const segment of template.split("/").slice(1)) {
      if (segment.startsWith("{")) {
        names.push(segment.slice(1, -1));
        node.open ??= newNode();
        node = node.open;
      } else {
        const next = node.fixed.get(segment) ?? newNode();
        node.fixed.set(segment, next);
        node = next;
      }
    }
    node.names = names;
    node.handlers.set(method, handler);
  }
  /** Clients ask for few paths, again and again. */
  const recent = new Map<string, Found>();
  return Object.freeze({
    owns(path: string): boolean {
      if (recent.has(path)) return true;
      const [, version = "", resource = ""] = path.split("/", 3);
      if (WHOLE_VERSIONS.has(version)) return true;
      return root.fixed.get(version)?.fixed.has(withoutSuffix(resource).name) === true;
    },
    find(path: string): Found | undefined {
      const known = recent.get(path);
      if (known !== undefined) return known;
      const segments = path.split("/", MOST_SEGMENTS + 2).slice(1);
      if (segments.length > MOST_SEGMENTS) return undefined;
      const { name, xml } = withoutSuffix(segments.at(-1) ?? "");
      segments[segments.length - 1] = name;
      const values: string[] = [];
      let node: Node | undefined = root;
      for (const segment of segments) {
        const next: Node | undefined = node.fixed.get(segment) ?? (segment === "" ? undefined : node.open);
        if (next === undefined) return undefined;
        if (next === node.open) {
          const value = decoded(segment);
          if (value === undefined) return undefined;
          values.push(value);
        }
        node = next;
      }
      if (node.handlers.size === 0) return undefined;
      const params: Record<string, string> = {};
      for (const [index, each] of node.names.entries()) params[each] = values[index] ?? "";
      const found = { params, handlers: node.handlers, xml };
      if (recent.size >= MOST_RECENT) recent.clear();
      recent.set(path, found);
      return found;
    },
  });
}

function newNode(): Node {
  return { fixed: new Map(), open: undefined, handlers: new Map(), names: [] };
}

function withoutSuffix(segment: string): { readonly name: string; readonly xml: boolean } {
  if (segment.endsWith(".json")) return { name: segment.slice(0, -5), xml: false };
  if (segment.endsWith(".xml")) return { name: segment.slice(0, -4), xml: true };
  return { name: segment, xml: false };
}

function decoded(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
