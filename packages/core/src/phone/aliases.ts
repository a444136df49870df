/** Mexico wrote a 1 before the ten digits of a mobile until 2019; carriers and WhatsApp still report both forms. */
const MEXICO_OLD_MOBILE = /^\+521([0-9]{10})$/;
const MEXICO = /^\+52([0-9]{10})$/;

/** Argentina: a mobile is dialled from abroad with a 9 before its ten digits, and at home without. */
const ARGENTINA_MOBILE = /^\+549([0-9]{10})$/;
const ARGENTINA = /^\+54([0-9]{10})$/;

/** Brazil put a 9 before the eight digits of its mobiles (2012 to 2016); those began with 6 to 9, land lines with 2 to 5. */
const BRAZIL_MOBILE = /^\+55([1-9]{2})9([6-9][0-9]{7})$/;
const BRAZIL_OLD_MOBILE = /^\+55(?<area>[1-9]{2})(?<rest>[6-9][0-9]{7})$/;

const FIVE = 53;

/**
 * The one number that stands for a person, for consent, sticky mappings and deduplication: numbers that differ only in
 * how a country wrote mobiles before or after a reform have the same. Mexico: without the 1 (`+525512345678`).
 * Argentina: without the 9 (`+541112345678`). Brazil: with the ninth digit (`+5511987654321`). Any other number is its own.
 * It is a key, not an address: send to the number as it was given.
 */
export function personOf(e164: string): string {
  // Every alias rule is of a +5 country: one comparison lets the rest of the world through.
  if (e164.charCodeAt(1) !== FIVE) return e164;
  if (e164.startsWith("+52")) return e164.replace(MEXICO_OLD_MOBILE, "+52$1");
  if (e164.startsWith("+54")) return e164.replace(ARGENTINA_MOBILE, "+54$1");
  if (e164.startsWith("+55")) return e164.replace(BRAZIL_OLD_MOBILE, "+55$<area>9$<rest>");
  return e164;
}

/** Every form of a number, the one of {@link personOf} first. Most numbers have one form only. */
export function aliasesOf(e164: string): readonly string[] {
  const person = personOf(e164);
  const other = otherForm(person);
  return other === person ? [person] : [person, other];
}

function otherForm(person: string): string {
  if (person.startsWith("+52")) return person.replace(MEXICO, "+521$1");
  if (person.startsWith("+54")) return person.replace(ARGENTINA, "+549$1");
  if (person.startsWith("+55")) return person.replace(BRAZIL_MOBILE, "+55$1$2");
  return person;
}
