import { machineNameOf } from "../incident/machine-mention.ts";
import { isPlain } from "../incident/text.ts";
import type { MachineFacts } from "../plan/machine-facts.ts";

/** What a rule asks about a machine and only Defender can say. */
type Member = "tags" | "groups" | "platforms" | "names";
const MEMBERS: readonly Member[] = ["tags", "groups", "platforms", "names"];

type AskingRule = Readonly<Partial<Record<Member, unknown>>>;

/** The members that any of the rules has. */
export function askedMembers(rules: readonly AskingRule[]): Member[] {
  return MEMBERS.filter((member) => rules.some((rule) => rule[member] !== undefined));
}

/**
 * The first member that these rules ask for and that cannot be compared with what Defender says of
 * the machine (`facts`; null if Defender was not asked); null if all can. A text that does not look
 * like what it is cannot be compared, because a rule that is meant for it would not match: a name
 * that is no DNS name as lrq writes it (a closing dot, spaces, a character that nobody sees), and a
 * tag or group that is empty or has such a character.
 */
export function unreadMember(
  rules: readonly AskingRule[],
  facts: MachineFacts | null,
): Member | null {
  return askedMembers(rules).find((member) => facts === null || isUnread(member, facts)) ?? null;
}

function isUnread(member: Member, { tags, group, platform, name }: MachineFacts): boolean {
  switch (member) {
    case "tags":
      return tags === null || !tags.every(isWord);
    case "groups":
      return group === null || !isWord(group);
    case "platforms":
      return platform === null;
    case "names":
      return name === null || machineNameOf(name) !== name.toLowerCase();
  }
}

function isWord(text: string): boolean {
  return text.trim() !== "" && isPlain(text);
}
