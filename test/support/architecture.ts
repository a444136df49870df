import { posix } from "node:path";
import { codeLines, importsOf, type SourceFile } from "./source-file.ts";

/**
 * The layers of core, top row first. A file imports from lower rows and its own unit only. A unit is a folder, or the
 * root files in one pair of brackets.
 *
 * @see docs/architecture.md
 */
export const ROWS: readonly (readonly Unit[])[] = [
  [["index.ts"]],
  [["service.ts", "messaging-service.ts", "create-context.ts", "node-adapter.ts", "fetch.ts"]],
  ["flows"],
  ["records", "queue", "webhook", ["http.ts", "node-body.ts", "node-http.ts", "node-capture.ts"]],
  ["store"],
  ["planning", "opt-out", "wire", ["send-request.ts"]],
  ["encoding", "phone"],
  [
    [
      "types.ts",
      "conversation.ts",
      "conversation-options.ts",
      "conversation-requests.ts",
      "sender.ts",
      "provider.ts",
      "errors.ts",
      "error-table.ts",
      "clock.ts",
      "meanwhile.ts",
      "passing.ts",
      "chunks.ts",
      "logger.ts",
      "sid.ts",
      "alert.ts",
      "alert-table.ts",
      "nearest.ts",
      "option-checks.ts",
      "events.ts",
      "diagnostics.ts",
      "options.ts",
      "settings.ts",
      "time.ts",
      "turn.ts",
      "url.ts",
    ],
  ],
];
type Unit = string | readonly string[];

/** They name the plug points in their types, so types alone may come from above. */
const TYPES_FROM_ABOVE = ["options.ts", "settings.ts"];

/** No flows: what the composition root hands to each of them, and what several read from a decision. */
const SHARED_BY_FLOWS = ["context.ts", "outcome.ts", "arrival.ts", "conversing.ts"];

/** Values in, values out: no time, no chance, no waiting, no process. */
const PURE_FOLDERS = ["phone", "encoding", "opt-out", "planning", "wire"];
const IMPURE =
  /\b(await|async|Date|Math\.random|setTimeout|setInterval|setImmediate|process|performance|fetch)\b/;
const NODE_IMPORTS_OF_PURE_FILES: Readonly<Record<string, readonly string[]>> = {
  "wire/signature.ts": ["node:crypto"],
};

/** What a package beside core imports apart from core's public face, `node:` and itself. */
const PACKAGES: Readonly<Record<string, { readonly peers: readonly string[]; readonly most?: number }>> = {
  express: { peers: ["express"], most: 60 },
  koa: { peers: ["koa"], most: 60 },
  lmdb: { peers: ["lmdb"] },
  providers: { peers: [] },
  "rest-api": { peers: [] },
  simulator: { peers: [] },
};

const MOST_LINES = 250;
const CORE = "packages/core/src/";
const SCOPE = "@messaging-service/";

/** Core's files that import upwards, sideways, or stand in no row. */
export function layerViolations(files: readonly SourceFile[]): string[] {
  return within(files, CORE).flatMap(({ path, text }) => {
    const inside = path.slice(CORE.length);
    const from = locate(inside);
    if (from === undefined) return [`${path} stands in no row`];
    return importsOf(text).flatMap(({ specifier, typeOnly }) => {
      if (!specifier.startsWith(".")) return [];
      const target = posix.normalize(posix.join(posix.dirname(inside), specifier));
      // Data is a fact beside src, below every row.
      if (target.startsWith("../data/")) return [];
      const to = locate(target);
      if (to === undefined) return [`${path} imports ${specifier}, which stands in no row`];
      if (to.row > from.row || to.unit === from.unit) return [];
      if (typeOnly && TYPES_FROM_ABOVE.includes(inside)) return [];
      return [`${path} imports ${specifier} from ${to.row === from.row ? "its own row" : "above"}`];
    });
  });
}

/** Flows that import another flow, even its types; and effects in what flows share, which would make it one. */
export function flowViolations(files: readonly SourceFile[]): string[] {
  const folder = `${CORE}flows/`;
  return within(files, folder).flatMap(({ path, text }) => [
    ...specifiersOf(text)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => posix.join(posix.dirname(path), specifier))
      .filter((target) => target.startsWith(folder) && !SHARED_BY_FLOWS.includes(target.slice(folder.length)))
      .map((target) => `${path} imports the flow ${target}`),
    ...(SHARED_BY_FLOWS.includes(path.slice(folder.length))
      ? codeLines(text)
          .flatMap((line) => /\b(await|async)\b/.exec(line)?.[0] ?? [])
          .map((found) => `${path} is shared by flows and holds ${found}`)
      : []),
  ]);
}

/** Files of the pure folders that wait, ask the time, throw dice, or reach for Node. */
export function purityViolations(files: readonly SourceFile[]): string[] {
  return PURE_FOLDERS.flatMap((folder) => within(files, `${CORE}${folder}/`)).flatMap(({ path, text }) => {
    const allowed = NODE_IMPORTS_OF_PURE_FILES[path.slice(CORE.length)] ?? [];
    return [
      ...codeLines(text).flatMap((line) => IMPURE.exec(line)?.[0] ?? []),
      ...specifiersOf(text).filter((name) => name.startsWith("node:") && !allowed.includes(name)),
    ].map((found) => `${path} is pure and holds ${found}`);
  });
}

/** Packages that import a sibling, core's inside, or a third party that is not their own peer. */
export function packageViolations(files: readonly SourceFile[]): string[] {
  return within(files, "packages/").flatMap(({ path, text }) => {
    const name = path.split("/")[1] ?? "";
    if (name === "core") return [];
    const rules = PACKAGES[name];
    if (rules === undefined) return [`${path} is of a package that no rule names`];
    const own = `packages/${name}/src/`;
    const lines = codeLines(text).length;
    return [
      ...specifiersOf(text)
        .filter((specifier) =>
          specifier.startsWith(".")
            ? !posix.join(posix.dirname(path), specifier).startsWith(own)
            : specifier !== `${SCOPE}core` &&
              !specifier.startsWith("node:") &&
              !rules.peers.includes(packageOf(specifier)),
        )
        .map((specifier) => `${path} imports ${specifier}`),
      ...(rules.most !== undefined && lines > rules.most
        ? [`${path} has ${lines} lines of code, at most ${rules.most}`]
        : []),
      ...(rules.most !== undefined && path !== `${own}index.ts` ? [`${path}: an adapter is one file`] : []),
    ];
  });
}

/** Third-party packages that more than one file imports. */
export function thirdPartyViolations(files: readonly SourceFile[]): string[] {
  const importers = new Map<string, Set<string>>();
  for (const { path, text } of within(files, "packages/"))
    for (const specifier of specifiersOf(text)) {
      if (/^(\.|node:)/.test(specifier) || specifier.startsWith(SCOPE)) continue;
      const name = packageOf(specifier);
      importers.set(name, (importers.get(name) ?? new Set()).add(path));
    }
  return [...importers]
    .filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${name} is imported by ${[...paths].join(" and ")}`);
}

/** Files of packages that read the environment, and any file with a default export or too many lines. */
export function fileViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n").length - 1;
    const isData = /(^|\/)(data|packs)\/|-(table|packs?)\.ts$/.test(path);
    return [
      ...(path.startsWith("packages/") && codeLines(text).some((line) => /\bprocess\.env\b/.test(line))
        ? [`${path} reads process.env, which is for examples only`]
        : []),
      ...(/^export default\b|^export \{[^}]*\bas default\b/m.test(text)
        ? [`${path} has a default export`]
        : []),
      ...(lines > MOST_LINES && !isData ? [`${path} has ${lines} lines, at most ${MOST_LINES}`] : []),
    ];
  });
}

function within(files: readonly SourceFile[], folder: string): SourceFile[] {
  return files.filter(({ path }) => path.startsWith(folder));
}

function specifiersOf(text: string): string[] {
  return importsOf(text).map(({ specifier }) => specifier);
}

/** `@scope/name/deep` and `name/deep` to the package's name. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The row and unit of a file, by its path in core/src. */
function locate(path: string): { readonly row: number; readonly unit: Unit } | undefined {
  const [first = ""] = path.split("/");
  for (const [row, units] of ROWS.entries())
    for (const unit of units)
      if (typeof unit === "string" ? unit === first : unit.includes(path)) return { row, unit };
  return undefined;
}
