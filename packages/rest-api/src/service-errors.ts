import { faultOf } from "./errors.ts";

/** What services and pools refuse, beside what every resource may: number, HTTP status, sentence. */
const SERVICE_ERRORS = {
  11100: [400, "That is no absolute http(s) URL of at most 4,000 characters."],
  20002: [400, "FriendlyName has 1 to 64 characters."],
  20409: [409, "The request conflicts with what is there."],
  21421: [400, "That is no SID of a phone number or short code: PN or SC and 32 hexadecimal digits."],
  21422: [400, "The account owns that number already."],
  21452: [400, "Numbers are not bought here: give in PhoneNumber one that you own."],
  21708: [400, "Give the sender ID in AlphaSender."],
  21709: [
    400,
    "AlphaSender has at most 11 of A–Z, a–z, 0–9, space, - + _ &, and a letter; it is not for the US and Canada.",
  ],
  21710: [409, "The sender is in this service already."],
  21711: [404, "The sender is not in this service."],
  21712: [409, "The sender is in another service: remove it there first."],
  21713: [400, "Usecase is one of notifications, marketing, verification, discussion, poll, undeclared."],
  21714: [
    409,
    "The service holds as many phone numbers and short codes as it may: raise poolLimit, or remove some.",
  ],
  21715: [400, "The number carries neither SMS nor MMS."],
  30436: [404, "The account owns no sender of that SID."],
  30646: [400, "The consents cannot be taken: see error_messages."],
} as const;

/** The error to throw for one of these numbers; `message` says it more precisely, and is written for the network. */
export function refusal(code: keyof typeof SERVICE_ERRORS, message?: string): Error {
  const [status, sentence] = SERVICE_ERRORS[code];
  return faultOf({ code, status, message: message ?? sentence });
}
