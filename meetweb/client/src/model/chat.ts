/** The chat panel's state. Pure. */
import type { ConferenceEvent } from "../protocol/conference/events";
import type { ChatMessage, ChatState, ParticipantId } from "./state";

export type ChatEvent =
  | { kind: "chatOpened"; open: boolean }
  | { kind: "chatTo"; id: ParticipantId | null }
  | { kind: "chatSent"; message: ChatMessage }
  | {
      kind: "conference";
      event: ConferenceEvent & { kind: "chat" | "chatRefused" };
      now: number;
      ownId: ParticipantId | null;
      nameOf: (id: ParticipantId) => string;
    };

export function updateChat(chat: ChatState, event: ChatEvent): ChatState {
  switch (event.kind) {
    case "chatOpened":
      return { ...chat, open: event.open, unread: event.open ? 0 : chat.unread };
    case "chatTo":
      return { ...chat, to: event.id };
    case "chatSent":
      return { ...chat, messages: [...chat.messages, event.message] };
    case "conference":
      return event.event.kind === "chat" ? received(chat, event.event, event) : refused(chat, event.event.id);
  }
}

/** A message to everybody comes back to its sender with the same id; it is in the list already. */
function received(chat: ChatState, message: ConferenceEvent & { kind: "chat" }, event: ChatEvent & { kind: "conference" }): ChatState {
  const own = message.from === event.ownId;
  if (message.id !== "" && chat.messages.some((m) => m.id === message.id && (own || m.from === message.from))) return chat;
  const displayName = event.nameOf(message.from);
  const added: ChatMessage = {
    id: message.id || `${message.from}-${event.now}-${chat.messages.length}`,
    from: own ? "me" : message.from,
    displayName,
    text: message.text,
    at: message.at ?? event.now,
    ...(message.isPrivate ? { privateWith: { id: message.from, displayName } } : {}),
  };
  // History is not news.
  const news = !own && !chat.open && message.at === undefined;
  return { ...chat, messages: [...chat.messages, added], unread: chat.unread + (news ? 1 : 0) };
}

function refused(chat: ChatState, id: string): ChatState {
  const at = chat.messages.findIndex((m) => m.id === id && m.from === "me" && m.failed !== true);
  if (id === "" || at < 0) return chat;
  return { ...chat, messages: chat.messages.map((m, i) => (i === at ? { ...m, failed: true } : m)) };
}
