/** A password as it is stored: which version of the rules, which pepper, what bcrypt made of it. */
export interface StoredPassword {
  readonly pepperKid: string;
  readonly cost: number;
  readonly bcrypt: string;
}

const STORED = /^v1\$([\w-]{1,64})\$(\$2b\$(\d\d)\$[./A-Za-z\d]{53})$/;
/** The costs that are hashed at all: more would hold a thread for minutes (BCRYPT_COST ends at 15). */
const MIN_COST = 4;
const MAX_COST = 15;

/** `v1$<pepper>$<bcrypt>`: change the version with whatever else goes into the hash. */
export function formatStored(pepperKid: string, bcrypt: string): string {
  return `v1$${pepperKid}$${bcrypt}`;
}

/** Undefined for what is not of this form, or too dear to look at. */
export function parseStored(text: string): StoredPassword | undefined {
  const [, pepperKid, bcrypt, digits] = STORED.exec(text) ?? [];
  const cost = Number(digits);
  return cost >= MIN_COST && cost <= MAX_COST ? { pepperKid, bcrypt, cost } : undefined;
}
