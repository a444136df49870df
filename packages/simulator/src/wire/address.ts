/** `whatsapp`, `rcs`, `messenger`, …: what stands before the colon of a channel address; "sms" for anything else. */
export function channelOf(address: string): string {
  return /^([a-z]+):/.exec(address)?.[1] ?? "sms";
}

/** The address without its channel. */
export function bareAddress(address: string): string {
  return address.replace(/^[a-z]+:/, "");
}

/** E.164: a plus sign and 7 to 15 digits. */
export function isPhoneNumber(address: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(address);
}

/** What can stand in `From`: a phone number, a short code, a sender ID of up to 11 characters with a letter, or a channel address. */
export function isSenderAddress(address: string): boolean {
  if (channelOf(address) !== "sms") return bareAddress(address).length > 0;
  return (
    isPhoneNumber(address) || /^\d{3,8}$/.test(address) || /^(?=.*[A-Za-z])[\w &+-]{1,11}$/.test(address)
  );
}
