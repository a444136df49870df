/**
 * Languages as Twilio's opt-out configuration names them (`LocaleEnum` of its messaging v3 description, 2026-04-14), by their BCP 47 code.
 * `MALAYSIAN`, which it lists beside `MALAY`, is read as the same.
 */
const NAMES: Readonly<Record<string, string>> = {
  af: "AFRIKAANS",
  ar: "ARABIC",
  bn: "BENGALI",
  zh: "CHINESE",
  hr: "CROATIAN",
  cs: "CZECH",
  da: "DANISH",
  nl: "DUTCH",
  en: "ENGLISH",
  et: "ESTONIAN",
  fi: "FINNISH",
  fr: "FRENCH",
  de: "GERMAN",
  el: "GREEK",
  he: "HEBREW",
  hi: "HINDI",
  hu: "HUNGARIAN",
  it: "ITALIAN",
  ja: "JAPANESE",
  ko: "KOREAN",
  lv: "LATVIAN",
  lt: "LITHUANIAN",
  ms: "MALAY",
  no: "NORWEGIAN",
  pl: "POLISH",
  pt: "PORTUGUESE",
  ru: "RUSSIAN",
  sk: "SLOVAK",
  sl: "SLOVENE",
  es: "SPANISH",
  nr: "SOUTHERN_NDEBELE",
  st: "SOUTHERN_SOTHO",
  ss: "SWATI",
  sv: "SWEDISH",
  ta: "TAMIL",
  tn: "TSWANA",
  ts: "TSONGA",
  ve: "VENDA",
  xh: "XHOSA",
  zu: "ZULU",
};

/** Twilio's name of a language; of one it has none for, the code in capitals. */
export function languageName(code: string): string {
  return NAMES[code] ?? code.toUpperCase();
}

/** The code of a language by Twilio's name, or by itself; `undefined` for what is neither. */
export function languageCode(name: string): string | undefined {
  const wanted = name.toUpperCase();
  if (wanted === "MALAYSIAN") return "ms";
  const found = Object.entries(NAMES).find(
    ([code, each]) => each === wanted || code.toUpperCase() === wanted,
  );
  return found?.[0];
}
