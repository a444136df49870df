export type { ApiKey } from "./auth.ts";
export type { InventoryEntry, InventoryInput } from "./inventory-input.ts";
export type { RestApiOptions } from "./options.ts";
export type { RestApi } from "./rest-api.ts";
export { restApi } from "./rest-api.ts";
export type { RateLimit } from "./throttle.ts";
