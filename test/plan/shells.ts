/*
 * How the two shells read a line of arguments. Single quotes are all that our quoting makes, so
 * they are all that is read; whatever else a shell would act upon outside of them means that
 * something got out, and is thrown.
 */

/** What PowerShell acts upon in an unquoted argument. */
const POWERSHELL_ACTS_ON = /[;&|$(){}@#"`,<>\r\n]/;
/** What a POSIX shell acts upon there; a backslash is read. */
const POSIX_ACTS_ON = /[;&|$(){}#"`*?[\]~<>!\r\n]/;

/** PowerShell's reading of single-quoted words: quotes of five kinds, doubled inside. */
export function powerShellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted && isQuote(character) && isQuote(text[at + 1])) {
      word += character;
      at += 1;
    } else if (isQuote(character)) {
      quoted = !quoted;
      word ??= "";
    } else if (quoted) {
      word += character;
    } else if (character === " ") {
      if (word !== null) words.push(word);
      word = null;
    } else {
      if (POWERSHELL_ACTS_ON.test(character)) throw new Error(`${character} got out`);
      word = (word ?? "") + character;
    }
  }
  return ended(words, word, quoted);
}

/** A POSIX shell's reading: nothing is special in single quotes, a backslash outside escapes. */
export function posixWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "'") {
      quoted = !quoted;
      word ??= "";
    } else if (quoted) {
      word += character;
    } else if (character === "\\") {
      at += 1;
      word = (word ?? "") + text.charAt(at);
    } else if (character === " ") {
      if (word !== null) words.push(word);
      word = null;
    } else {
      if (POSIX_ACTS_ON.test(character)) throw new Error(`${character} got out`);
      word = (word ?? "") + character;
    }
  }
  return ended(words, word, quoted);
}

function ended(words: readonly string[], word: string | null, quoted: boolean): string[] {
  if (quoted) throw new Error("a quote was left open");
  return word === null ? [...words] : [...words, word];
}

function isQuote(character: string | undefined): boolean {
  return character !== undefined && "'\u2018\u2019\u201a\u201b".includes(character);
}
