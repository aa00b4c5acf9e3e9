import { createHash } from 'node:crypto';

/**
 * Marks that a reader may ignore: accents, Arabic and Hebrew vowel points. Not the vowels of Indic and South-East Asian
 * scripts or the sound marks of kana, which change the word.
 */
const ACCENTS = /(?![\u3099\u309a])(?=\p{Mn})[\p{Script=Inherited}\p{Script=Hebrew}]/gu;

const ASCII = /^[\0-\x7f]*$/;

/**
 * Letters that Unicode does not decompose, as ICU's and Lucene's ASCII folding replace them; after case folding, so in
 * lower case only.
 */
const LETTERS: readonly (readonly [letters: string, ascii: string])[] = [
  ['ɐəɚᴀᶏᶕⱥ', 'a'],
  ['ꜳ', 'aa'],
  ['æᴁᴂ', 'ae'],
  ['ꜵ', 'ao'],
  ['ꜷ', 'au'],
  ['ꜹꜻ', 'av'],
  ['ꜽ', 'ay'],
  ['ƀƃɓʙᴃᵬᶀ', 'b'],
  ['ƈȼɕᴄↄꜿ', 'c'],
  ['ðđƌȡɖɗᴅᴆᵭᶁᶑꝺ', 'd'],
  ['ȸ', 'db'],
  ['ʣʥ', 'dz'],
  ['ǝɇɘɛɜɝɞʚᴇᴈᶒᶓᶔⱸ', 'e'],
  ['ƒᵮᶂꜰꝼ', 'f'],
  ['ǥɠɡɢʛᵷᵹᶃꝿ', 'g'],
  ['ħɥɦʜʮʯⱨⱶ', 'h'],
  ['ƕ', 'hv'],
  ['ıɨɪᴉᵻᵼᶖ', 'i'],
  ['ȷɉɟʄʝᴊ', 'j'],
  ['ƙʞᴋᶄⱪꝁꝃꝅ', 'k'],
  ['łƚȴɫɬɭʟᴌᶅⱡꝇꝉꞁ', 'l'],
  ['ỻ', 'll'],
  ['ʪ', 'ls'],
  ['ʫɮ', 'lz'],
  ['ɯɰɱᴍᵯᶆ', 'm'],
  ['ŋƞȵɲɳɴᴎᵰᶇꞑ', 'n'],
  ['øɔɵᴏᴐᴑᴒᴓᴖᴗᶗⱺꝋꝍ', 'o'],
  ['œɶᴔ', 'oe'],
  ['ꝏ', 'oo'],
  ['ȣᴕ', 'ou'],
  ['ƥᴘᵱᵽᶈꝑꝓꝕ', 'p'],
  ['ĸɋʠꝗꝙ', 'q'],
  ['ȹ', 'qp'],
  ['ɍɼɽɾɿʀʁᴙᴚᵲᵳᶉꝛꞃ', 'r'],
  ['ȿʂᵴᶊẜẝꜱꞅ', 's'],
  ['ŧƫƭȶʇʈᴛᵵⱦꞇ', 't'],
  ['ʨ', 'tc'],
  ['þᵺꝧꝥ', 'th'],
  ['ʦ', 'ts'],
  ['ꜩ', 'tz'],
  ['ʉᴜᵾᶙ', 'u'],
  ['ᵫ', 'ue'],
  ['ʋʌᴠᶌⱱⱴꝟỽ', 'v'],
  ['ꝡ', 'vy'],
  ['ƿʍᴡⱳ', 'w'],
  ['ᶍ', 'x'],
  ['ƴɏʎʏỿ', 'y'],
  ['ƶȝȥɀʐʑᴢᵶᶎⱬꝣ', 'z'],
];

const ASCII_OF = new Map(
  LETTERS.flatMap(([letters, ascii]) => [...letters].map(letter => [letter, ascii] as const)),
);
const FOLDED_LETTER = new RegExp(`[${[...ASCII_OF.keys()].join('')}]`, 'gu');

/**
 * The form in which texts are compared without case: NFKC, then Unicode's full case folding, independent of locale,
 * machine and database. `ß` and `ẞ` fold to `ss`, final sigma to sigma, `ı` to `i`, `İ` to `i` with a dot above.
 * `accents: false` also folds `é`, `ø` and `æ` to `e`, `o` and `ae`. Folding twice changes nothing.
 */
export function foldText(text: string, { accents = true }: { accents?: boolean } = {}): string {
  if (ASCII.test(text)) {
    return text.toLowerCase();
  }
  const folded = foldCase(text);
  return accents ? folded : plainLetters(folded);
}

/** At most this many code points of a text decide its place in an order. */
const SORT_LENGTH = 300;
/** PostgreSQL takes 2,704 bytes in an entry of an index: two keys, an owner and an id. */
const KEY_BYTES = 1_200;

/** The form in which texts are sorted: without case and accents. */
export function sortKey(text: string): string {
  const folded = foldText(text, { accents: false });
  return folded.length <= SORT_LENGTH ? folded : [...folded].slice(0, SORT_LENGTH).join('');
}

/** The form by which texts are unique: without case; a digest if that is too long for an index. */
export function uniqueKey(text: string): string {
  const folded = foldText(text);
  // No folded text has capitals, so none equals a digest with this prefix.
  return Buffer.byteLength(folded) <= KEY_BYTES
    ? folded
    : `SHA-256 ${createHash('sha256').update(folded).digest('base64url')}`;
}

function plainLetters(folded: string): string {
  const bare = folded.normalize('NFKD').replace(ACCENTS, '');
  return bare.replace(FOLDED_LETTER, letter => ASCII_OF.get(letter)!).normalize('NFKC');
}

/** Lower case alone keeps `ß` apart from `ss`, and upper case alone `ẞ` from `SS`. */
function foldCase(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();
  // The lower case of sigma depends on the next letter, so prefixes would not match.
  return lower.replaceAll('ς', 'σ').normalize('NFKC');
}
