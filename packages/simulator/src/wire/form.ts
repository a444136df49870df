/** What stands in a form as it is. */
const PLAIN = /^[A-Za-z0-9*._-]*$/;

/** A form body, as `URLSearchParams` writes it. Most of a webhook's values are names and SIDs, which need no encoding. */
export function renderForm(parameters: Readonly<Record<string, string>>): string {
  let form = "";
  for (const name in parameters) {
    const value = parameters[name] ?? "";
    form += `${form === "" ? "" : "&"}${encode(name)}=${encode(value)}`;
  }
  return form;
}

function encode(text: string): string {
  return PLAIN.test(text) ? text : new URLSearchParams([["", text]]).toString().slice(1);
}
