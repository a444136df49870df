import type { Row } from "../ports.ts";
import { accountShortCodeRows } from "./account-short-codes.ts";
import { alertRows } from "./alerts.ts";
import { alphaSenderRows, destinationAlphaSenderRows } from "./alpha-senders.ts";
import { channelSenderRows } from "./channel-senders.ts";
import { consentsBulkRows } from "./consents-bulk.ts";
import { explanationRows } from "./explanations.ts";
import { incomingPhoneNumberRows } from "./incoming-phone-numbers.ts";
import { optOutConfigurationRows } from "./opt-out-configuration.ts";
import { optOutRows } from "./opt-outs.ts";
import { phoneNumberRows } from "./phone-numbers.ts";
import { type ResourceParts, serviceRows } from "./services.ts";
import { shortCodeRows } from "./short-codes.ts";
import { stickyMappingRows } from "./sticky-mappings.ts";

/** Every resource of services, pools and numbers. */
export function registryRows(parts: ResourceParts): readonly Row[] {
  return [
    serviceRows,
    phoneNumberRows,
    shortCodeRows,
    alphaSenderRows,
    destinationAlphaSenderRows,
    channelSenderRows,
    incomingPhoneNumberRows,
    accountShortCodeRows,
    optOutRows,
    optOutConfigurationRows,
    stickyMappingRows,
    explanationRows,
    alertRows,
    consentsBulkRows,
  ].flatMap((rows) => rows(parts));
}
