import { describe } from "vitest";
import { type AdapterHarness, closeWorlds } from "./adapter-world.ts";
import { describeAdapterBodies } from "./describe-adapter-bodies.ts";
import { describeAdapterLinks } from "./describe-adapter-links.ts";
import { describeAdapterMounts } from "./describe-adapter-mounts.ts";
import { describeAdapterRefusals } from "./describe-adapter-refusals.ts";
import { describeAdapterRoutes } from "./describe-adapter-routes.ts";

/**
 * Everything an adapter promises, over HTTP with Twilio's provider and requests that Twilio's own library signed: what is
 * answered and refused, whose turn a message is, what a link leads to, what is left for parsers behind, wherever it is mounted.
 */
export function describeAdapter(harness: AdapterHarness): void {
  describe(harness.name, () => {
    closeWorlds();
    describeAdapterRoutes(harness);
    describeAdapterMounts(harness);
    describeAdapterBodies(harness);
    describeAdapterRefusals(harness);
    describeAdapterLinks(harness);
  });
}
