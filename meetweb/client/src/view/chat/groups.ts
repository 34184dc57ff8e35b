/** Messages as bubbles under one name: what the same person writes to the same people within a few minutes stands together. */
import type { ChatMessage } from "../../model/state";

export interface Group {
  key: string;
  first: ChatMessage;
  messages: readonly ChatMessage[];
}

const pause = 3 * 60 * 1000;

function belongs(message: ChatMessage, before: ChatMessage): boolean {
  return message.from === before.from && message.privateWith?.id === before.privateWith?.id && message.at - before.at < pause;
}

export function groupsOf(messages: readonly ChatMessage[]): Group[] {
  const groups: { key: string; first: ChatMessage; messages: ChatMessage[] }[] = [];
  for (const message of messages) {
    const group = groups[groups.length - 1];
    const before = group?.messages[group.messages.length - 1];
    if (group && before && belongs(message, before)) group.messages.push(message);
    else groups.push({ key: message.id, first: message, messages: [message] });
  }
  return groups;
}
