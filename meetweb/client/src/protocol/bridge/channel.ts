/** The line to the bridge besides media: an SCTP data channel that the client opens, or a WebSocket where none is offered. */

/** Hands over text frames; `onOpen` comes again after a WebSocket has been opened anew. */
export interface ChannelHandlers {
  onOpen(): void;
  onMessage(text: string): void;
  /** What was open has been closed, and not by us; it will not come back by itself. */
  onClosed(): void;
}

export interface BridgeChannel {
  /** Dropped silently while the channel is not open: what matters is sent again in `onOpen`. */
  send(text: string): void;
  close(): void;
}

/** Must be called before the first description is applied, so that the channel is part of it. */
export function dataChannel(pc: RTCPeerConnection, handlers: ChannelHandlers): BridgeChannel {
  // Label and protocol as lib-jitsi-meet has them; JVB looks at the protocol.
  const channel = pc.createDataChannel("JVB data channel", { protocol: "http://jitsi.org/protocols/colibri" });
  channel.onopen = () => {
    channel.onclose = () => handlers.onClosed();
    handlers.onOpen();
  };
  channel.onmessage = (event) => {
    if (typeof event.data === "string") handlers.onMessage(event.data);
  };
  return {
    send: (text) => {
      if (channel.readyState === "open") channel.send(text);
    },
    close: () => {
      channel.onclose = null;
      channel.close();
    },
  };
}

const firstRetryMs = 1000;
const longestRetryMs = 60_000;

/** Opens `url` again after each loss, until closed. */
export function webSocketChannel(url: string, handlers: Omit<ChannelHandlers, "onClosed">): BridgeChannel {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = firstRetryMs;
  let ended = false;
  const open = (): void => {
    socket = new WebSocket(url);
    socket.onopen = () => {
      wait = firstRetryMs;
      handlers.onOpen();
    };
    socket.onmessage = (event) => {
      if (typeof event.data === "string") handlers.onMessage(event.data);
    };
    socket.onclose = () => {
      if (ended) return;
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, longestRetryMs);
    };
  };
  open();
  return {
    send: (text) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      ended = true;
      clearTimeout(timer);
      socket?.close(1000);
    },
  };
}
